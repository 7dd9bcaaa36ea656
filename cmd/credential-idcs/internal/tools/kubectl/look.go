package kubectl

import (
	"cmp"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	settings "github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Look checks the users that run us, the clusters of their contexts, and the contexts at targets with another user.
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
	if _, status := s.Run(ctx, s.Find("kubectl"), "config", "view"); status > 0 && len(k.ours()) > 0 {
		// kubectl is stricter than the library, about a name that is a number, for example.
		s.Problem("kubectl can't read "+tool.Clean(strings.Join(k.files, ", ")), "kubectl config view")
		return
	}
	l := looker{Survey: s, k: k, files: map[string]*settings.File{}}
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
	k     *kube
	files map[string]*settings.File // the configurations of entries that use another one, by the entries' names
}

// profile is the profile in an entry's arguments; empty: that of the server's owner.
func (e *execConfig) profile() string { return e.line().Profile }

// looksAt reports whether an entry's profile is checked, or doesn't exist.
func (l looker) looksAt(e *execConfig) bool {
	name := e.profile()
	return name == "" || !slices.Contains(l.Profiles, name) || slices.ContainsFunc(l.Places, func(t *tool.Place) bool { return t.Profile == name })
}

// user checks an entry of ours. It reports whether kubectl can run us.
func (l looker) user(u *namedUser) bool {
	e := u.User.Exec
	who := "kubectl's user " + text.Clean(u.Name)
	right := true
	wrong := func(why, command string) {
		right = false
		l.Problem(who+why, command)
	}
	again := tool.SetUp("kubectl --user "+text.Word(u.Name), cmp.Or(e.profile(), l.Default))
	for _, f := range u.faults(again) {
		wrong(f.why, f.command)
	}
	if file, err := host.Look("", u.program(l.Env)); err != nil || file == "" {
		wrong(" runs "+text.Clean(e.Command)+", which isn't there", again)
	}
	l.elsewhere(u, again, wrong)
	if path, why := l.kuberc(e.Command); why != "" {
		wrong(" runs "+text.Clean(e.Command)+", and "+text.Clean(path)+why, "credential-idcs configure kubectl --dry-run --user "+text.Word(u.Name))
	}
	if !e.ProvideCluster {
		l.Warn(who+" doesn't tell credential-idcs the server (provideClusterInfo), so any server that a context names gets the token",
			"kubectl config set-credentials "+text.Word(u.Name)+" --exec-provide-cluster-info")
	}
	return right
}

// elsewhere reports an entry that uses another configuration or another cache folder, if that can't work.
func (l looker) elsewhere(u *namedUser, again string, wrong func(why, command string)) {
	e := u.User.Exec
	path, relative := e.configuration(l.Env)
	names := l.Profiles
	switch {
	case relative != "":
		wrong(" has --config "+text.Clean(relative)+", which must be an absolute path", again)
		return
	case path != "" && l.Config != "" && path != l.Config:
		if !edit.Exists(path) {
			wrong(" reads the configuration "+text.Clean(path)+", which isn't there", again)
			return
		}
		f, err := settings.Load(path, e.surroundings(l.Env).Home)
		if err != nil {
			wrong(" reads the configuration "+text.Clean(path)+", which can't be used", "credential-idcs doctor --config "+text.Word(path))
			return
		}
		names, l.files[u.Name] = f.Names(), f
	}
	name := e.profile()
	if name != "" && len(names) > 0 && !slices.Contains(names, name) {
		wrong(" names the profile "+text.Clean(name)+", which the configuration doesn't have", text.Edit(cmp.Or(path, l.Config)))
		return
	}
	if dir := e.cache(); dir != "" && !edit.Exists(dir) {
		wrong(" keeps its tokens in "+text.Clean(dir)+", where nobody has logged in",
			cacheVariable+"="+text.Word(dir)+" credential-idcs login "+text.Word(cmp.Or(name, l.Default)))
	}
}

// context checks the cluster of a context whose user runs us.
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
	if why, command := cluster.fault(); why != "" {
		right = false
		l.Problem(here+" has a cluster with "+why+": kubectl refuses it", command)
	}
	if u.User.Exec.ProvideCluster && cluster.tooLarge() {
		right = false
		l.Problem(here+" has a CA that is too large for the variable by which kubectl tells the server: it fails with `argument list too long`",
			tool.SetUp("kubectl --user "+text.Word(u.Name)+" --context "+text.Word(c.Name), cmp.Or(u.User.Exec.profile(), l.Default)))
	}
	profile := u.User.Exec.profile()
	if u.User.Exec.ProvideCluster {
		named, token, wrong := cluster.hint()
		switch profile = cmp.Or(profile, named); {
		case wrong != "":
			right = false
			l.Problem(here+" has a cluster whose extension client.authentication.k8s.io/exec has a "+wrong+" that credential-idcs refuses", text.Edit(cluster.file))
		case profile == named && named != "" && len(l.Profiles) > 0 && !slices.Contains(l.Profiles, named):
			right = false
			l.Problem(here+" has a cluster whose extension names the profile "+text.Clean(named)+", which the configuration doesn't have", text.Edit(cluster.file))
		}
		right = l.idToken(here, profile, token, u) && right
	} else {
		right = l.idToken(here, profile, "", u) && right
	}
	server, err := helpers.ParseURL(cluster.Cluster.Server)
	if f := l.files[u.Name]; f != nil && err == nil {
		if _, t, err := f.Owner(server, settings.Query{Profile: profile, Tool: "kubectl"}); err == nil {
			if right {
				l.OK(here + " uses credential-idcs for " + t.Target.String() + ", by " + text.Clean(f.Path))
			}
			return
		}
	} else if err == nil {
		for _, t := range l.Places {
			if t.Target.Covers(server) && (profile == "" || t.Profile == profile) {
				t.Set = true
				if right {
					l.OK(here + " uses credential-idcs for " + t.Target.String())
				}
				return
			}
		}
	}
	of := ""
	if profile != "" {
		of = " of profile " + text.Clean(profile)
	}
	l.Warn(here+" would send a token to "+helpers.Shown(cluster.Cluster.Server)+", which is not a target"+of, "kubectl config view --context="+text.Word(c.Name)+" --minify")
}

// idToken reports a context that needs an ID token, of a profile that never has one.
func (l looker) idToken(here, profile, token string, u *namedUser) bool {
	if kind, _ := u.User.Exec.kind(); token != "id" && !(token == "" && kind == helpers.ID) {
		return true
	}
	why := l.NoIDToken[cmp.Or(profile, l.Default)]
	if why == "" {
		return true
	}
	l.Problem(here+" asks for an ID token: "+why, text.Edit(l.Config))
	return false
}

// others reports contexts at targets with another user, if no context of the target has ours. One that runs the oci CLI is
// always reported: that starts Python for each call.
func (l looker) others() {
	for i := range l.k.all.Contexts {
		c := &l.k.all.Contexts[i]
		server, err := helpers.ParseURL(l.k.server(c))
		if u := l.k.all.user(c.Context.User); err != nil || u != nil && u.User.Exec.ours() {
			continue
		}
		for _, t := range l.Places {
			if !t.Target.Covers(server) {
				continue
			}
			here := "kubectl's context " + text.Clean(c.Name)
			set := tool.SetUp("kubectl --context "+text.Word(c.Name), t.Profile)
			if _, oracles := runsOCI(l.k.all.user(c.Context.User).exec()); oracles {
				l.Warn(here+" still runs oci for "+t.Target.String(), set)
				break
			}
			if !t.Set || c.Name == l.k.all.Current {
				l.Warn(here+" is at "+t.Target.String()+" with the user "+text.Clean(c.Context.User)+", not with credential-idcs", set)
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

// kuberc is why kubectl 1.35 and later doesn't run a command, if the person's kuberc file forbids it. kubectl compares the
// text of a command, or its path in PATH, and resolves no links.
// https://kubernetes.io/docs/reference/kubectl/kuberc/
func (l looker) kuberc(command string) (path, why string) {
	if path = l.Get("KUBERC"); path == "off" {
		return "", ""
	}
	if home := kubeHome(l.Env); path == "" && home != "" {
		path = filepath.Join(home, ".kube", "kuberc")
	}
	b, err := edit.Read(path)
	if err != nil || b == nil {
		return "", ""
	}
	policy, err := readKuberc(b)
	switch {
	case err != nil:
		return "", "" // it may be right for kubectl
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
