package kubectl

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	helper "github.com/credential-idcs/credential-idcs/helpers/kubectl"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A fault is why an entry of ours doesn't work. why follows the entry's name in a message.
type fault struct{ why, command string }

// faults are the faults of an entry by client-go's rules (tools/clientcmd/validation.go and plugin/pkg/client/auth/exec of
// https://github.com/kubernetes/client-go). again is the configure command that mends it.
func (u *namedUser) faults(again string) (list []fault) {
	e := u.User.Exec
	add := func(why, command string) { list = append(list, fault{why, command}) }
	unset := func(key string) string { return "kubectl config unset " + text.Word("users."+u.Name+"."+key) }
	if key, what := u.beside(); key != "" {
		add(" has "+what+" beside exec: kubectl uses that, and not credential-idcs", unset(key))
	}
	if key := u.half(); key != "" {
		add(" has "+key+" without as: kubectl refuses it", text.Edit(u.file)) // kubectl config unset leaves it
	}
	switch e.APIVersion {
	case execVersion:
		if e.InteractiveMode == "" {
			add(" has no interactiveMode, without which kubectl refuses "+execVersion, again)
		}
	case "client.authentication.k8s.io/v1beta1":
	case "":
		add(" has no apiVersion in exec: kubectl refuses it", again)
	default:
		add(" has apiVersion "+text.Clean(e.APIVersion)+": kubectl and credential-idcs support v1 and v1beta1", again)
	}
	switch e.InteractiveMode {
	case "", "Never", "IfAvailable":
	case "Always":
		add(" has interactiveMode: Always, so kubectl fails where nobody sits at a terminal", again)
	default:
		add(" has interactiveMode "+text.Clean(e.InteractiveMode)+", which kubectl refuses", again)
	}
	if slices.ContainsFunc(e.Env, func(v envVar) bool { return v.Name == "" }) {
		add(" has a variable without a name in env: kubectl refuses it", text.Edit(u.file))
	}
	switch _, ok := e.kind(); {
	case !slices.Contains(e.Args, "kubectl"):
		add(" runs credential-idcs without the argument kubectl, so it prints its usage", again)
	case !ok:
		add(" has arguments that credential-idcs doesn't take, so it prints its usage", again)
	}
	return list
}

// beside is a setting of an entry that kubectl prefers to exec, by its key and in words; empty: there is none.
func (u *namedUser) beside() (key, what string) {
	for _, x := range []struct {
		set       bool
		key, what string
	}{
		{u.User.Token != "", "token", ""},
		{u.User.TokenFile != "", "tokenFile", ""},
		{u.User.Username != "", "username", "username and a password"}, // kubectl ignores a password alone
		{u.User.Cert != "", "client-certificate", ""},
		{u.User.CertData != "", "client-certificate-data", ""},
		{u.User.Provider != nil, "auth-provider", ""},
	} {
		if x.set && x.what == "" {
			x.what = x.key
		}
		if x.set {
			return x.key, x.what
		}
	}
	return "", ""
}

// half is a key of an impersonation without the user to impersonate; empty: there is none.
func (u *namedUser) half() string {
	switch {
	case u.User.As != "":
	case u.User.AsUID != "":
		return "as-uid"
	case len(u.User.AsGroups) > 0:
		return "as-groups"
	case len(u.User.AsExtra) > 0:
		return "as-user-extra"
	}
	return ""
}

// line is an entry's command line as this program reads it.
func (e *execConfig) line() call.Line {
	return call.Read(append([]string{e.Command}, e.Args...))
}

// kind is the kind of token by an entry's arguments; ok: they run kubectl's helper.
func (e *execConfig) kind() (kind helpers.Kind, ok bool) {
	line := e.line()
	if line.Helper == nil || line.Helper.Name != helper.Helper.Name {
		return 0, false
	}
	return helper.Read(line.Args)
}

// program is the file that kubectl runs for an entry: a name is looked up in PATH, and a relative path is relative to the
// folder of the file that has the entry.
func (u *namedUser) program(env tool.Env) string {
	switch c := u.User.Exec.Command; {
	case !strings.ContainsAny(c, `/\`):
		return env.Find(c)
	case !filepath.IsAbs(c):
		return filepath.Join(filepath.Dir(u.file), c)
	default:
		return c
	}
}

// surroundings is the environment of an entry's call: kubectl's own, with the variables of the entry.
func (e *execConfig) surroundings(env tool.Env) tool.Env {
	env.Vars = slices.Clone(env.Vars)
	for _, v := range e.Env {
		env.Vars = append(env.Vars, v.Name+"="+v.Value)
		if v.Name == "HOME" {
			env.Home = v.Value
		}
	}
	return env
}

// configuration is the file that an entry's call reads; empty: unknown. relative is --config as written, if it is no
// absolute path: then the call fails.
func (e *execConfig) configuration(env tool.Env) (path, relative string) {
	env = e.surroundings(env)
	if c := e.line().Config; c != "" {
		if !filepath.IsAbs(c) {
			return "", c
		}
		return filepath.Clean(c), ""
	}
	if c := env.Get("CREDENTIAL_IDCS_CONFIG"); filepath.IsAbs(c) {
		return filepath.Clean(c), ""
	}
	dir, err := env.OwnConfigHome()
	if err != nil {
		return "", ""
	}
	return filepath.Join(dir, "credential-idcs", "config.toml"), ""
}

// cache is the cache folder by the variables of an entry; empty: they set none.
func (e *execConfig) cache() string {
	for _, v := range slices.Backward(e.Env) {
		switch {
		case v.Name == cacheVariable && filepath.IsAbs(v.Value):
			return filepath.Clean(v.Value)
		case v.Name == "XDG_CACHE_HOME" && filepath.IsAbs(v.Value):
			return filepath.Join(v.Value, "credential-idcs")
		}
	}
	return ""
}

// fault is why kubectl refuses a cluster; empty: it accepts it.
func (c *namedCluster) fault() (why, command string) {
	unset := func(key string) string { return "kubectl config unset " + text.Word("clusters."+c.Name+"."+key) }
	switch {
	case c.Cluster.CA != "" && c.Cluster.CAData != "":
		return "both certificate-authority and certificate-authority-data", unset("certificate-authority")
	case c.Cluster.Insecure && c.Cluster.CA+c.Cluster.CAData != "":
		return "a CA and insecure-skip-tls-verify", unset("insecure-skip-tls-verify")
	case c.Cluster.CA == "":
		return "", ""
	}
	f, err := os.Open(c.caFile())
	if err != nil {
		return "a certificate-authority that can't be read, " + text.Clean(c.caFile()), "kubectl config set-cluster " + text.Word(c.Name) + " --certificate-authority=FILE"
	}
	_ = f.Close()
	return "", ""
}

// caFile is the CA's file; a relative path is relative to the folder of the file that has the cluster.
func (c *namedCluster) caFile() string {
	if filepath.IsAbs(c.Cluster.CA) {
		return c.Cluster.CA
	}
	return filepath.Join(filepath.Dir(c.file), c.Cluster.CA)
}

// hint are the profile and the kind of token in the cluster's extension client.authentication.k8s.io/exec. wrong is the key
// of a value that this program refuses.
func (c *namedCluster) hint() (profile, token, wrong string) {
	for _, x := range c.Cluster.Extensions {
		if x.Name != "client.authentication.k8s.io/exec" {
			continue
		}
		for i := 0; x.Extension.Kind == yaml.MappingNode && i+1 < len(x.Extension.Content); i += 2 {
			key, v := x.Extension.Content[i].Value, x.Extension.Content[i+1]
			isText := v.Kind == yaml.ScalarNode && v.ShortTag() == "!!str" && v.Value != ""
			switch {
			case key == "profile" && isText:
				profile = v.Value
			case key == "token" && (v.Value == "access" || v.Value == "id"):
				token = v.Value
			case key == "profile" || key == "token":
				wrong = key
			}
		}
		break
	}
	return profile, token, wrong
}
