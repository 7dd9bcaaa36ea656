package kubectl

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A survey is a tool.Survey with the looks of kubectl.
type survey struct{ *tool.Survey }

func of(profile string) string {
	if profile == "" {
		return ""
	}
	return " of profile " + text.Clean(profile)
}

// A kubeconfig is what `kubectl config view` prints: all files of $KUBECONFIG merged, without secrets.
type kubeconfig struct {
	Clusters []struct {
		Name    string `json:"name"`
		Cluster struct {
			Server   string `json:"server"`
			Insecure bool   `json:"insecure-skip-tls-verify"`
		} `json:"cluster"`
	} `json:"clusters"`
	Users []struct {
		Name string `json:"name"`
		User struct {
			Exec *execEntry `json:"exec"`
		} `json:"user"`
	} `json:"users"`
	Contexts []struct {
		Name    string `json:"name"`
		Context struct {
			Cluster string `json:"cluster"`
			User    string `json:"user"`
		} `json:"context"`
	} `json:"contexts"`
}

type execEntry struct {
	Command            string   `json:"command"`
	Args               []string `json:"args"`
	ProvideClusterInfo bool     `json:"provideClusterInfo"`
}

// profile is the one that the user's arguments name; empty: the server's owner.
func (e *execEntry) profile() string {
	for i, arg := range e.Args {
		name, value, joined := strings.Cut(arg, "=")
		switch {
		case name != "--profile" && name != "-profile" && name != "-p":
		case joined:
			return value
		case i+1 < len(e.Args):
			return e.Args[i+1]
		}
	}
	return ""
}

// Look looks at the users that run us and at the clusters that they meet in a context.
func (Tool) Look(ctx context.Context, s *tool.Survey) {
	d := survey{s}
	places := s.Places
	out, status := s.Run(ctx, s.Find("kubectl"), "config", "view", "-o", "json")
	var k kubeconfig
	if status != 0 || json.Unmarshal([]byte(out), &k) != nil {
		d.Warn("kubectl can't read its configuration", "kubectl config view")
		return
	}
	for _, u := range k.Users {
		e := u.User.Exec
		if e == nil || !tool.IsUs(e.Command) {
			continue
		}
		mine := belonging(places, e.profile())
		if len(mine) == 0 {
			continue // of a profile that isn't looked at
		}
		d.kubeUser(u.Name, e)
		for _, c := range k.Contexts {
			if c.Context.User == u.Name {
				d.kubeCluster(&k, c.Name, c.Context.Cluster, e.profile(), mine)
			}
		}
	}
}

// belonging are the places of a profile, or all.
func belonging(places []*tool.Place, profile string) []*tool.Place {
	var list []*tool.Place
	for _, t := range places {
		if profile == "" || t.Profile == profile {
			list = append(list, t)
		}
	}
	return list
}

func (d survey) kubeUser(name string, e *execEntry) {
	user := "kubectl's user " + text.Clean(name)
	program := e.Command
	if !strings.ContainsAny(program, `/\`) {
		program = d.Find(program)
	}
	if _, err := os.Stat(program); filepath.IsAbs(program) && err != nil || program == "" {
		d.Problem(user+" runs "+text.Clean(e.Command)+", which isn't there",
			"kubectl config set-credentials "+text.Word(name)+" --exec-command="+text.Word(d.Program))
	}
	if path, why := d.kuberc(e.Command); why != "" {
		d.Problem(user+" runs "+text.Clean(e.Command)+", and "+text.Clean(path)+why, "credential-idcs configure kubectl --dry-run --user "+text.Word(name))
	}
	if !e.ProvideClusterInfo {
		d.Warn(user+" doesn't tell us the server (provideClusterInfo), so any server that a context names gets the token",
			"kubectl config set-credentials "+text.Word(name)+" --exec-provide-cluster-info")
	}
}

// kubeCluster judges the cluster of a context whose user runs us.
func (d survey) kubeCluster(k *kubeconfig, contextName, cluster, profile string, mine []*tool.Place) {
	here := "kubectl's context " + text.Clean(contextName)
	for _, c := range k.Clusters {
		if c.Name != cluster {
			continue
		}
		if c.Cluster.Insecure {
			d.Warn(here+" doesn't check who answers at its server (insecure-skip-tls-verify), so anybody may get the token",
				"kubectl config unset "+text.Word("clusters."+c.Name+".insecure-skip-tls-verify"))
		}
		server, err := helpers.ParseURL(c.Cluster.Server)
		for _, t := range mine {
			if err == nil && t.Target.Covers(server) {
				t.Set = true
				d.OK(here + " uses credential-idcs for " + t.Target.String())
				return
			}
		}
		d.Warn(here+" would send a token to "+helpers.Shown(c.Cluster.Server)+", which is not a target"+of(profile), "kubectl config view --context="+text.Word(contextName)+" --minify")
		return
	}
}

// kuberc tells why kubectl 1.35 and later wouldn't run a command, if the person's own file forbids it:
// it compares the text of a command, or what PATH finds for an entry, and resolves no links.
// https://kubernetes.io/docs/reference/kubectl/kuberc/
func (d survey) kuberc(command string) (path, why string) {
	if path = d.Get("KUBERC"); path == "off" {
		return "", ""
	}
	if path == "" && d.Home != "" {
		path = filepath.Join(d.Home, ".kube", "kuberc")
	}
	b, err := os.ReadFile(path)
	if err != nil {
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
		full = d.Find(full)
	}
	for _, allowed := range policy.Allowed {
		if !strings.ContainsAny(allowed, `/\`) {
			allowed = d.Find(allowed)
		}
		if allowed != "" && filepath.Clean(allowed) == full {
			return "", ""
		}
	}
	return path, " doesn't list it (credentialPluginAllowlist)"
}
