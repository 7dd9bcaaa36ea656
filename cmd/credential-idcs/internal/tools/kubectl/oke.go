package kubectl

import (
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A Cluster is the content of a context that `oci ce cluster create-kubeconfig` wrote.
type Cluster struct {
	Context, Server string
	ID, Region      string // of `oci ce cluster generate-token`; Region may be empty
	// Settings of the oci CLI, from arguments or variables; empty: not set.
	Profile, Auth, File string
}

const createKubeconfig = "oci ce cluster create-kubeconfig --cluster-id OCID"

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
	out, ok := clusterOf(k.oracles(c))
	out.Context, out.Server = context, k.server(c)
	if !ok || out.Server == "" {
		return Cluster{}, &helpers.Failure{Class: helpers.Config, Message: "context " + tool.Clean(context) +
			" has no user that runs `oci ce cluster generate-token`", Command: createKubeconfig}
	}
	if out.ID == "" {
		return Cluster{}, &helpers.Failure{Class: helpers.Config, Message: "the user of context " + tool.Clean(context) + " names no --cluster-id",
			Command: createKubeconfig}
	}
	return out, nil
}

// clusterOf reads the arguments and variables of an entry that runs the oci CLI. ok: it runs it for a cluster.
//
// https://docs.oracle.com/en-us/iaas/Content/API/SDKDocs/clienvironmentvariables.htm
func clusterOf(e *execConfig) (c Cluster, ok bool) {
	args, ok := runsOCI(e)
	if !ok {
		return Cluster{}, false
	}
	for _, o := range []struct {
		to             *string
		name, variable string
	}{
		{&c.ID, "--cluster-id", ""},
		{&c.Region, "--region", "OCI_CLI_REGION"},
		{&c.Profile, "--profile", "OCI_CLI_PROFILE"},
		{&c.Auth, "--auth", "OCI_CLI_AUTH"},
		{&c.File, "--config-file", "OCI_CLI_CONFIG_FILE"},
	} {
		_, *o.to = findOption(args, o.name)
		for i := range e.Env {
			if *o.to == "" && e.Env[i].Name == o.variable {
				*o.to = e.Env[i].Value
			}
		}
	}
	return c, true
}

// oracles is the exec setting of a context's user, or, if that is ours, of the user before.
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

// runsOCI reports whether an entry runs the oci CLI for a cluster, and with which arguments.
func runsOCI(e *execConfig) (args []string, ok bool) {
	if e == nil {
		return nil, false
	}
	// A kubeconfig of Windows is read in WSL, too.
	name := strings.ToLower(e.Command[strings.LastIndexAny(e.Command, `/\`)+1:])
	if strings.TrimSuffix(name, ".exe") != "oci" {
		return nil, false
	}
	for i := range e.Args { // options may be before it
		if slices.Equal(e.Args[i:min(i+3, len(e.Args))], []string{"ce", "cluster", "generate-token"}) {
			return e.Args, true
		}
	}
	return nil, false
}

// unlisted is the failure for a context of the oci CLI whose server is no target, and the lines that make it one; nil for
// any other context.
func (k *kube) unlisted(in tool.Request, name string) (toml string, err error) {
	c := k.all.context(name)
	cluster, ok := clusterOf(k.all.user(c.Context.User).exec())
	if !ok || in.Covers(k.server(c)) {
		return "", nil
	}
	server := edit.JSONString(tool.Clean(k.server(c)))
	toml = "# into the targets of a profile with login = \"oci\":\n#   " + server + ",\n" +
		"[profiles." + text.Word(tool.Clean(in.Profile)) + ".target." + server + "]\nkind    = \"oke\"\ncluster = " + edit.JSONString(tool.Clean(cluster.ID)) + "\n"
	return toml, &helpers.Failure{
		Class:   helpers.NotConfigured,
		Message: "the server of context " + tool.Clean(name) + ", " + tool.Clean(k.server(c)) + ", is no target of profile " + tool.Clean(in.Profile) + ", and its user runs oci; write a profile for it",
		Command: "credential-idcs init NAME --oci session --oke " + text.Word(name),
	}
}
