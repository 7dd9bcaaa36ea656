package kubectl

import (
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A Cluster is what `oci ce cluster create-kubeconfig` wrote about a context.
type Cluster struct {
	Context, Server string
	ID, Region      string // of `oci ce cluster generate-token`; Region may be empty
	Profile, Auth   string // of the oci CLI; empty: not said
}

// Oracle reads a context whose user runs `oci ce cluster generate-token`.
func Oracle(env tool.Env, context string) (Cluster, error) {
	k, err := readFiles(env)
	if err != nil {
		return Cluster{}, err
	}
	names, err := k.meant(tool.Request{Contexts: []string{context}})
	if err != nil {
		return Cluster{}, err
	}
	c := k.all.context(names[0])
	args, ok := runsOCI(k.oracles(c))
	out := Cluster{Context: context, Server: k.server(c)}
	if !ok || out.Server == "" {
		return Cluster{}, &helpers.Failure{Class: helpers.Config, Message: "context " + tool.Clean(context) +
			" has no user that runs `oci ce cluster generate-token`", Command: "oci ce cluster create-kubeconfig --cluster-id OCID"}
	}
	for _, o := range []struct {
		to   *string
		name string
	}{{&out.ID, "--cluster-id"}, {&out.Region, "--region"}, {&out.Profile, "--profile"}, {&out.Auth, "--auth"}} {
		_, *o.to = findOption(args, o.name)
	}
	if out.ID == "" {
		return Cluster{}, &helpers.Failure{Class: helpers.Config, Message: "the user of context " + tool.Clean(context) + " names no --cluster-id"}
	}
	return out, nil
}

// oracles is the helper of a context's user, or, where ours has taken its place, of the user before.
func (k *kube) oracles(c *namedContext) *execConfig {
	e := k.all.user(c.Context.User).exec()
	if !e.ours() {
		return e
	}
	for _, b := range k.before {
		if had, ok := remembered(b, c.Context.User)[c.Name]; ok {
			return k.all.user(had.name).exec()
		}
	}
	return e
}

// runsOCI reports whether a helper is the oci CLI's for clusters, and with which arguments.
func runsOCI(e *execConfig) (args []string, ok bool) {
	if e == nil || strings.TrimSuffix(filepath.Base(filepath.ToSlash(e.Command)), ".exe") != "oci" {
		return nil, false
	}
	return e.Args, strings.HasPrefix(strings.Join(e.Args, " "), "ce cluster generate-token")
}

// unlisted is why a context can't be taken over from the oci CLI: its server is no target. Nil: it can, or
// it isn't the oci CLI's.
func (k *kube) unlisted(in tool.Request, name string) error {
	c := k.all.context(name)
	if _, ok := runsOCI(k.all.user(c.Context.User).exec()); !ok || in.Covers(k.server(c)) {
		return nil
	}
	return &helpers.Failure{
		Class:   helpers.NotConfigured,
		Message: "the server of context " + tool.Clean(name) + ", " + tool.Clean(k.server(c)) + ", is no target of profile " + tool.Clean(in.Profile) + ", and its user runs oci; write a profile for it",
		Command: "credential-idcs init NAME --oci session --oke " + text.Word(name),
	}
}
