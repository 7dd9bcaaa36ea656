package people

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/doctor"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/newprofile"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

func initVerb() *verb {
	return &verb{
		name: "init",
		words: `[PROFILE] [--domain URL] [--client-id ID]
       [--login METHOD] [--target URL]... [--scope SCOPE] [--redirect-url URL]
       [--username NAME] [--subject NAME]
       [--secret-file FILE|--secret-env NAME|--key-file FILE]
       [--key-id ALIAS|--cert-file FILE] [--ca-file FILE] [--expiry DURATION]
       [--token KIND] [--offline]`,
		about: "write a profile: answer on a terminal, or give all as options",
		text: `
The profile is added to the configuration file, which is made if there is none.
A profile that is there already is never changed. What is asked for is what the
options leave open. At the end the domain is asked whether it knows the client.

  PROFILE              its name; default work
  --domain URL         the Domain URL in the Console
  --client-id ID       the application's Client ID
  --login METHOD       browser, device, assertion, client_credentials, password
                       or refresh_token
  --target URL         where its tokens may go; once for each
  --scope SCOPE        default urn:opc:idm:__myscopes__
  --redirect-url URL   for browser; default http://127.0.0.1:8976/callback
  --username NAME      what git and docker send beside the token
  --subject NAME       for assertion: the user whom the key signs for
  --secret-file FILE, --secret-env NAME, --key-file FILE
                       how the client proves itself; none: a public client
  --key-id ALIAS, --cert-file FILE
                       which certificate of the domain belongs to the key
  --ca-file FILE, --expiry DURATION, --token KIND
                       as in the configuration
  --offline            the domain is not asked

Example:
  credential-idcs init work --login browser --client-id 0a1b2c3d4e5f \
    --domain https://idcs-00112233.identity.oraclecloud.com \
    --target https://git.example.com
`,
		run: runInit,
	}
}

// The values that init takes where nobody says another.
const (
	usualScope = "urn:opc:idm:__myscopes__"
	usualName  = "work"
)

func runInit(ctx context.Context, a *app, args []string) error {
	f := a.options(initVerb())
	var d newprofile.Profile
	draftOptions(f, &d)
	offline := f.Bool("offline", false, "")
	operands, err := a.parse(initVerb(), f, args, 1)
	if err != nil {
		return helped(err)
	}
	d.Name = operand(operands)
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
	var typed secret.Text
	if a.Terminal(0) && a.Terminal(2) && len(missing(&d)) > 0 {
		if typed, err = a.interview(ctx, file, &d); err != nil {
			return err
		}
	}
	if names := missing(&d); len(names) == 1 {
		return misuse("init: "+names[0]+" is missing", "credential-idcs help init")
	} else if len(names) > 1 {
		return misuse("init: "+strings.Join(names, ", ")+" are missing", "credential-idcs help init")
	}
	usual(&d)
	p, err := d.Add(path, a.Home())
	if err != nil {
		return initFailed(d, err)
	}
	a.Say("credential-idcs: profile " + text.Clean(p.Name) + ": written to " + text.Clean(path) + "\n")
	if !typed.Empty() {
		if err := newprofile.WriteSecret(p.Client.SecretFile.Full, typed); err != nil {
			return &helpers.Failure{Class: helpers.Config, Message: text.Clean(err.Error()), Err: err}
		}
		a.Say("credential-idcs: profile " + text.Clean(p.Name) + ": the secret was written to " + text.Clean(p.Client.SecretFile.Full) + "\n")
	}
	a.firstLook(ctx, p, path, *offline)
	next := "credential-idcs login " + text.Word(p.Name)
	switch m := methods.Named(p.Login); {
	case m.Alone:
		next = "credential-idcs token " + text.Word(p.Name)
	case m.Piped:
		next += " " + m.Flag
	}
	a.Say("next:\n\t" + next + "\n")
	return nil
}

func draftOptions(f *flag.FlagSet, d *newprofile.Profile) {
	for _, key := range []string{"domain", "client_id", "login", "scope", "expiry", "username", "token", "ca_file", "redirect_url",
		"secret_file", "secret_env", "key_file", "key_id", "cert_file", "subject"} {
		f.StringVar(d.Field(key), strings.ReplaceAll(key, "_", "-"), "", "")
	}
	f.Func("target", "", func(s string) error {
		d.Targets = append(d.Targets, s)
		return nil
	})
}

// missing are the options without which there is no profile.
func missing(d *newprofile.Profile) []string {
	var names []string
	for _, o := range []struct{ name, value string }{
		{"--domain", d.Domain}, {"--client-id", d.ClientID}, {"--login", d.Login}, {"--target", strings.Join(d.Targets, "")},
	} {
		if o.value == "" {
			names = append(names, o.name)
		}
	}
	return names
}

// usual fills in what most profiles have.
func usual(d *newprofile.Profile) {
	if d.Name == "" {
		d.Name = usualName
	}
	if d.Scope == "" {
		d.Scope = usualScope
	}
	if m := methods.Named(d.Login); m != nil && m.Redirects && d.RedirectURL == "" {
		d.RedirectURL = methods.UsualRedirect
	}
}

// initFailed explains why nothing was written.
func initFailed(d newprofile.Profile, err error) error {
	var exists *newprofile.ExistsError
	var system *fs.PathError
	switch {
	case errors.As(err, &exists):
		return &helpers.Failure{Class: helpers.Config, Message: text.Clean(err.Error()) + "; it stays as it is",
			Command: "credential-idcs init NAME", Err: err}
	case errors.As(err, &system):
		return &helpers.Failure{Class: helpers.Config, Message: text.Clean(err.Error()), Err: err}
	}
	return call.ExplainConfig(err)
}

// firstLook says what is wrong with the new profile. It isn't a failure: a secret may come later.
func (a *app) firstLook(ctx context.Context, p *config.Profile, path string, offline bool) {
	d, _ := a.doctor(path)
	sheet := doctor.Sheet{Out: a.Stderr, Color: a.Terminal(2) && a.colors()}
	d.Report = func(f doctor.Finding) {
		if f.Level != doctor.OK {
			sheet.Write(f)
		}
	}
	d.Settings(ctx, p, offline)
}
