package kubectl

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Look looks at the users that run us, at the clusters that they meet in a context, and at the contexts
// at our targets that have another user.
func (Tool) Look(ctx context.Context, s *tool.Survey) {
	k, err := readFiles(s.Env)
	if err != nil {
		s.Warn(helpers.AsFailure(err).Message, "kubectl config view")
		return
	}
	for i, b := range k.before {
		if _, err := decode(b); err != nil {
			s.Warn(tool.Clean(k.files[i])+" can't be read: "+err.Error(), "kubectl config view")
		}
	}
	l := looker{Survey: s, k: k}
	used := false
	for i := range k.all.Users {
		u := &k.all.Users[i]
		if !u.User.Exec.ours() || !l.looksAt(u.User.Exec) {
			continue
		}
		used = true
		right := l.user(u)
		for j := range k.all.Contexts {
			if c := &k.all.Contexts[j]; c.Context.User == u.Name {
				l.context(c, u, right)
			}
		}
	}
	l.others()
	if used {
		l.version(ctx)
	}
}

type looker struct {
	*tool.Survey
	k *kube
}

// profile is the one that the user's arguments name; empty: the server's owner.
func (e *execConfig) profile() string { return e.option(profileOption...) }

// looksAt reports whether a user belongs to a profile that is looked at, or to none that there is.
func (l looker) looksAt(e *execConfig) bool {
	name := e.profile()
	return name == "" || !slices.Contains(l.Profiles, name) || slices.ContainsFunc(l.Places, func(t *tool.Place) bool { return t.Profile == name })
}

// user judges an entry of ours. It reports whether kubectl can run us.
func (l looker) user(u *namedUser) bool {
	e := u.User.Exec
	who := "kubectl's user " + text.Clean(u.Name)
	right := true
	wrong := func(why, command string) {
		right = false
		l.Problem(who+why, command)
	}
	again := tool.SetUp("kubectl --user "+text.Word(u.Name), orProfile(e.profile(), l.Default))
	if beside := u.beside(); beside != "" {
		wrong(" has "+beside+" beside exec: kubectl uses that, and not credential-idcs", "kubectl config unset "+text.Word("users."+u.Name+"."+strings.Fields(beside)[0]))
	}
	switch e.APIVersion {
	case execVersion:
		if e.InteractiveMode == "" {
			wrong(" has no interactiveMode, without which kubectl refuses "+execVersion, again)
		}
	case "client.authentication.k8s.io/v1beta1":
	case "":
		wrong(" has no apiVersion in exec: kubectl refuses it", again)
	default:
		wrong(" has apiVersion "+text.Clean(e.APIVersion)+": kubectl and credential-idcs support v1 and v1beta1", again)
	}
	if !slices.Contains(e.Args, "kubectl") {
		wrong(" runs credential-idcs without the argument kubectl, so it prints its usage", again)
	} else if name := e.profile(); name != "" && len(l.Profiles) > 0 && e.option("--config", "-config") == "" && !slices.Contains(l.Profiles, name) {
		wrong(" names the profile "+text.Clean(name)+", which the configuration doesn't have", tool.Edit(l.Config))
	}
	program := e.Command
	if !strings.ContainsAny(program, `/\`) {
		program = l.Find(program)
	}
	if _, err := os.Stat(program); filepath.IsAbs(program) && err != nil || program == "" {
		wrong(" runs "+text.Clean(e.Command)+", which isn't there",
			"kubectl config set-credentials "+text.Word(u.Name)+" --exec-command="+text.Word(l.Program))
	}
	if path, why := l.kuberc(e.Command); why != "" {
		wrong(" runs "+text.Clean(e.Command)+", and "+text.Clean(path)+why, "credential-idcs configure kubectl --dry-run --user "+text.Word(u.Name))
	}
	if !e.ProvideCluster {
		l.Warn(who+" doesn't tell credential-idcs the server (provideClusterInfo), so any server that a context names gets the token",
			"kubectl config set-credentials "+text.Word(u.Name)+" --exec-provide-cluster-info")
	}
	return right
}

func orProfile(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}

// beside is what an entry holds that kubectl prefers to exec; empty: nothing.
func (u *namedUser) beside() string {
	for _, x := range []struct {
		set  bool
		what string
	}{
		{u.User.Token != "", "token"},
		{u.User.TokenFile != "", "tokenFile"},
		{u.User.Username != "" || u.User.Password != "", "username and a password"},
		{u.User.Cert != "", "client-certificate"},
		{u.User.CertData != "", "client-certificate-data"},
		{u.User.Provider != nil, "auth-provider"},
	} {
		if x.set {
			return x.what
		}
	}
	return ""
}

// context judges the cluster of a context whose user runs us.
func (l looker) context(c *namedContext, u *namedUser, right bool) {
	here := "kubectl's context " + text.Clean(c.Name)
	cluster := l.k.all.cluster(c.Context.Cluster)
	if cluster == nil {
		return
	}
	if cluster.Cluster.Insecure {
		l.Warn(here+" doesn't check who answers at its server (insecure-skip-tls-verify), so anybody may get the token",
			"kubectl config unset "+text.Word("clusters."+cluster.Name+".insecure-skip-tls-verify"))
	}
	if u.User.Exec.ProvideCluster && cluster.tooLarge() {
		right = false
		l.Problem(here+" has a CA that is too large for the variable by which kubectl tells the server: it fails with `argument list too long`",
			tool.SetUp("kubectl --user "+text.Word(u.Name)+" --context "+text.Word(c.Name), orProfile(u.User.Exec.profile(), l.Default)))
	}
	profile := u.User.Exec.profile()
	server, err := helpers.ParseURL(cluster.Cluster.Server)
	for _, t := range l.Places {
		if err == nil && t.Target.Covers(server) && (profile == "" || t.Profile == profile) {
			t.Set = true
			if right {
				l.OK(here + " uses credential-idcs for " + t.Target.String())
			}
			return
		}
	}
	of := ""
	if profile != "" {
		of = " of profile " + text.Clean(profile)
	}
	l.Warn(here+" would send a token to "+helpers.Shown(cluster.Cluster.Server)+", which is not a target"+of, "kubectl config view --context="+text.Word(c.Name)+" --minify")
}

// others reports contexts at targets that have another user, where no context of the target has ours.
func (l looker) others() {
	for i := range l.k.all.Contexts {
		c := &l.k.all.Contexts[i]
		server, err := helpers.ParseURL(l.k.server(c))
		if u := l.k.all.user(c.Context.User); err != nil || u != nil && u.User.Exec.ours() {
			continue
		}
		for _, t := range l.Places {
			if t.Target.Covers(server) && (!t.Set || c.Name == l.k.all.Current) {
				l.Warn("kubectl's context "+text.Clean(c.Name)+" is at "+t.Target.String()+" with the user "+text.Clean(c.Context.User)+", not with credential-idcs",
					tool.SetUp("kubectl --context "+text.Word(c.Name), t.Profile))
				break
			}
		}
	}
}

// version reports a kubectl that is older than v1 of the exec protocol.
func (l looker) version(ctx context.Context) {
	out, status := l.Run(ctx, l.Find("kubectl"), "version", "--client", "-o", "json")
	var v struct {
		ClientVersion struct {
			GitVersion string `json:"gitVersion"`
			Major      string `json:"major"`
			Minor      string `json:"minor"`
		} `json:"clientVersion"`
	}
	if status != 0 || json.Unmarshal([]byte(out), &v) != nil {
		return
	}
	minor, err := strconv.Atoi(strings.TrimRight(v.ClientVersion.Minor, "+"))
	if err == nil && v.ClientVersion.Major == "1" && minor < 22 {
		l.Problem("kubectl "+text.Clean(v.ClientVersion.GitVersion)+" doesn't know "+execVersion+", it needs 1.22 or later", "kubectl version --client")
	}
}

// kuberc tells why kubectl 1.35 and later wouldn't run a command, if the person's own file forbids it:
// it compares the text of a command, or what PATH finds for an entry, and resolves no links.
// https://kubernetes.io/docs/reference/kubectl/kuberc/
func (l looker) kuberc(command string) (path, why string) {
	if path = l.Get("KUBERC"); path == "off" {
		return "", ""
	}
	if path == "" && l.Home != "" {
		path = filepath.Join(l.Home, ".kube", "kuberc")
	}
	b, err := edit.Read(path)
	if err != nil || b == nil {
		return "", ""
	}
	policy, err := readKuberc(b)
	switch {
	case err != nil:
		return "", "" // kubectl may understand it; who writes one knows what is in it
	case policy.Policy == "DenyAll":
		return path, " forbids all such programs (credentialPluginPolicy: DenyAll)"
	case policy.Policy != "Allowlist":
		return "", ""
	}
	full := command
	if !strings.ContainsAny(full, `/\`) {
		full = l.Find(full)
	}
	for _, allowed := range policy.allowed() {
		if !strings.ContainsAny(allowed, `/\`) {
			allowed = l.Find(allowed)
		}
		if allowed != "" && filepath.Clean(allowed) == full {
			return "", ""
		}
	}
	return path, " doesn't list it (credentialPluginAllowlist)"
}
