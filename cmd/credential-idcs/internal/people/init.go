package people

import (
	"cmp"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/newprofile"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

func initVerb() *verb {
	v := &verb{
		name: "init",
		usage: `[PROFILE] [--domain URL] [--client-id ID]
       [--login METHOD] [--target URL [--tools LIST]]... [--scope SCOPE]
       [--redirect-url URL]
       [--username NAME] [--subject NAME]
       [--secret-file FILE|--secret-env NAME|--key-file FILE]
       [--key-id ALIAS|--cert-file FILE] [--ca-file FILE] [--expiry DURATION]
       [--token KIND] [--offline]
       [--oci PRINCIPAL] [--oci-profile NAME] [--region REGION]
       [--oke CONTEXT]...`,
		about: "write a profile: answer on a terminal, or give all as options",
		text: `
The profile is added to the configuration file, which is made if there is none.
A profile that is there already is never changed. What is asked for is what the
options leave open. At the end the domain is asked whether it knows the client.
The name of the profile is PROFILE; default ` + usualName + `.
`,
		rest: `
Example:
  credential-idcs init work --login browser --client-id 0a1b2c3d4e5f \
    --domain https://idcs-00112233.identity.oraclecloud.com \
    --target https://git.example.com --tools git,go
  credential-idcs init work --oci session --oci-profile work \
    --target https://iad.ocir.io --oke prod
`,
		limit: 1,
		values: map[string]func(*app) []string{
			"login": func(*app) []string { return config.LoginNames() },
			"token": func(*app) []string { return []string{"access", "id"} },
			"oci":   func(*app) []string { return config.Principals },
		},
	}
	var p newprofile.Profile
	initKeys(v, &p)
	v.value(&p.Principal, "oci", "an OCI principal as the login: "+text.List(config.Principals, "or")+"; `PRINCIPAL` needs no client")
	v.value(&p.OCIProfile, "oci-profile", "for session and api_key: the profile `NAME` of ~/.oci/config; default DEFAULT")
	v.value(&p.Region, "region", "the `REGION` of the principal; needed for workload and exchange")
	var clusters []string
	v.list(&clusters, "oke", "a `CONTEXT` of the kubeconfig that oci ce cluster create-kubeconfig wrote; once for each")
	targets := initTargets(v, &p)
	offline := v.switched("offline", "do not ask the domain")
	v.run = func(ctx context.Context, a *app, operands []string) error {
		p.Name = operand(operands)
		https(&p.Domain)
		if err := targets(); err != nil {
			return err
		}
		if err := a.oracle(&p, clusters); err != nil {
			return err
		}
		return a.init(ctx, &p, *offline)
	}
	return v
}

// initKeys declares the options that are each a key of the profile.
func initKeys(v *verb, p *newprofile.Profile) {
	for _, o := range []struct{ key, usage string }{
		{"domain", "the Domain `URL` in the Console"},
		{"client_id", "the application's Client `ID`"},
		{"login", "the login `METHOD`: " + text.List(config.LoginNames(), "or")},
		{"scope", "the `SCOPE` to ask for; default " + usualScope},
		{"redirect_url", "for browser: the `URL` that it comes back to; default " + methods.UsualRedirect},
		{"username", "the user `NAME` that git and docker send beside the token"},
		{"subject", "for assertion: the `NAME` of the user to log in as"},
		{"secret_file", "a `FILE` with the client secret, mode 0600"},
		{"secret_env", "the variable `NAME` that holds the client secret"},
		{"key_file", "a `FILE` with the client's RSA key, mode 0600; without a secret or a key it is a public client"},
		{"key_id", "the `ALIAS` of the key's certificate in the domain"},
		{"cert_file", "the `FILE` with the key's certificate, instead of its alias"},
		{"ca_file", "a `FILE` with the certificates to trust for the domain"},
		{"expiry", "ask for tokens that live for `DURATION`, such as 8h"},
		{"token", "what kubectl gets, a token of `KIND` access or id"},
	} {
		v.value(p.Field(o.key), strings.ReplaceAll(o.key, "_", "-"), o.usage)
	}
}

// initTargets declares --target and --tools. What it returns gives each target its tools, once all options are read.
func initTargets(v *verb, p *newprofile.Profile) func() error {
	v.each("target", "where its tokens may go, an https `URL`; once for each", func(s string) {
		https(&s)
		p.Targets = append(p.Targets, newprofile.Target{URL: s})
	})
	lists := map[int]string{} // by the number of targets before it
	v.each("tools", "behind a --target: the `LIST` of tools that it is for, such as git,go; default all", func(s string) {
		lists[len(p.Targets)] += s + ","
	})
	return func() error {
		for _, behind := range slices.Sorted(maps.Keys(lists)) {
			names, err := toolsOf(lists[behind])
			switch {
			case err != nil:
				return misuse("init: --tools: "+err.Error(), "credential-idcs help init")
			case behind == 0:
				return misuse("init: --tools belongs behind the --target that it is for", "credential-idcs help init")
			}
			p.Targets[behind-1].Tools = names
		}
		return nil
	}
}

// The defaults of init.
const (
	usualScope = "urn:opc:idm:__myscopes__"
	usualName  = "work"
)

// init asks for what is missing in d, and writes the profile.
func (a *app) init(ctx context.Context, d *newprofile.Profile, offline bool) error {
	if d.Name == "" {
		d.Name = a.Profile
	}
	path, err := a.ConfigPath(false)
	if err != nil {
		return err
	}
	file, err := a.Load(false)
	if err != nil {
		return err
	}
	for _, name := range []*string{&d.SecretFile, &d.KeyFile, &d.CertFile, &d.CAFile} {
		*name = a.typedFile(*name, filepath.Dir(path))
	}
	if err := a.checkOptions(d, file); err != nil {
		return err
	}
	var typed secret.Text
	if a.Terminal(0) && a.Terminal(2) && len(missing(d)) > 0 {
		if typed, err = a.interview(ctx, file, d); err != nil {
			return err
		}
	}
	if names := missing(d); len(names) == 1 {
		return misuse("init: "+names[0]+" is missing", "credential-idcs help init")
	} else if len(names) > 1 {
		return misuse("init: "+strings.Join(names, ", ")+" are missing", "credential-idcs help init")
	}
	if d.Login != config.OCILogin {
		usual(d, file)
	} else if d.Name == "" {
		d.Name = usualName
	}
	unserved := a.unserved(d)
	p, err := d.Add(path, a.Home())
	if err != nil {
		return initFailed(err)
	}
	a.Say("credential-idcs: profile " + text.Clean(p.Name) + ": written to " + text.Clean(path) + "\n")
	if !typed.Empty() {
		if err := newprofile.WriteSecret(p.Client.SecretFile.Full, typed); err != nil {
			return &helpers.Failure{Class: helpers.Config, Message: text.Clean(err.Error()), Err: err}
		}
		a.Say("credential-idcs: profile " + text.Clean(p.Name) + ": the secret was written to " + text.Clean(p.Client.SecretFile.Full) + "\n")
	}
	first := cmp.Or(unserved, a.firstLook(ctx, p, path, offline))
	next := "credential-idcs login " + text.Word(p.Name)
	if m := methodOf(p); p.Login != config.OCILogin && m.Piped {
		next += " " + dashed(m.Flag)
	}
	next = a.Typed(next)
	if first != "" { // what is wrong is to be mended before
		next = first + "\n\t" + next
	}
	a.Say("next:\n\t" + next + "\n")
	return nil
}

// typedFile is the name of a file as the configuration must have it, where a relative one is beside the configuration.
// Who types one at a shell means the working directory, if the file is there and not beside the configuration.
func (a *app) typedFile(name, folder string) string {
	if name == "" || filepath.IsAbs(name) || strings.HasPrefix(name, "~") {
		return name
	}
	here := filepath.Join(a.Dir(), name)
	if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
		return name
	}
	if _, err := os.Stat(here); err != nil {
		return name
	}
	return here
}

// usual fills in the defaults.
func usual(d *newprofile.Profile, file *config.File) {
	if d.Name == "" {
		d.Name = usualName
	}
	if d.Scope == "" {
		d.Scope = usualScope
	}
	if m := methods.Named(d.Login); m != nil && m.Redirects && d.RedirectURL == "" {
		d.RedirectURL = usualRedirect(file, d.Domain)
	}
}

// usualRedirect is the usual redirect URL, with another port where a profile of another domain has it: one
// domain could get the code of the other.
func usualRedirect(file *config.File, domain string) string {
	p := &config.Profile{Domain: strings.TrimSuffix(domain, "/"), RedirectURL: methods.UsualRedirect}
	for port := 8977; file.Rival(p) != nil; port++ {
		p.RedirectURL = strings.Replace(methods.UsualRedirect, ":8976/", ":"+strconv.Itoa(port)+"/", 1)
	}
	return p.RedirectURL
}
