package kubectl

import (
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
)

// kube are the files of $KUBECONFIG, before and after the change.
type kube struct {
	files         []string
	before, after [][]byte
	all           config
}

func readFiles(env tool.Env) (*kube, error) {
	files, err := kubeFiles(env)
	if err != nil {
		return nil, err
	}
	k := &kube{files: files}
	for _, f := range files {
		b, err := tool.Read(f)
		if err != nil {
			return nil, err
		}
		k.before, k.after = append(k.before, b), append(k.after, b)
	}
	k.all = merge(k.files, k.before)
	return k, nil
}

func (k *kube) changes(p *tool.Plan) {
	for i, path := range k.files {
		p.Add(edit.Change{Path: path, Before: k.before[i], After: k.after[i], Lock: path + ".lock", View: hideUsers, Context: 3})
	}
}

// server is the address of a context's cluster; empty: it has none.
func (k *kube) server(c *namedContext) string {
	if cluster := k.all.cluster(c.Context.Cluster); cluster != nil {
		return cluster.Cluster.Server
	}
	return ""
}

// atTargets are the contexts whose server is a target.
func (k *kube) atTargets(in tool.Request) (names []string) {
	for i := range k.all.Contexts {
		if c := &k.all.Contexts[i]; in.Covers(k.server(c)) {
			names = append(names, c.Name)
		}
	}
	return names
}

// meant are the contexts that the request is for.
func (k *kube) meant(in tool.Request) ([]string, error) {
	switch {
	case in.AllContexts:
		names := k.atTargets(in)
		if len(names) == 0 {
			return nil, &helpers.Failure{Class: helpers.NotConfigured, Message: "no context of " + tool.Clean(strings.Join(k.files, ", ")) +
				" has a server that is a target of profile " + tool.Clean(in.Profile), Command: "kubectl config get-contexts"}
		}
		return names, nil
	case len(in.Contexts) == 0:
		if c := k.all.context(k.all.Current); c != nil && in.Covers(k.server(c)) {
			return []string{c.Name}, nil
		}
		return nil, nil
	}
	for _, name := range in.Contexts {
		if k.all.context(name) != nil {
			continue
		}
		message := tool.Clean(strings.Join(k.files, ", ")) + " has no context " + tool.Clean(name)
		var known []string
		for _, c := range k.all.Contexts {
			known = append(known, c.Name)
		}
		if len(known) > 0 {
			message += "; there are: " + tool.Clean(strings.Join(known, ", "))
		}
		return nil, &helpers.Failure{Class: helpers.Config, Message: message, Command: "kubectl config get-contexts"}
	}
	return in.Contexts, nil
}

// fileOf is the file that kubectl reads a context from: the first that has it.
func (k *kube) fileOf(context string) int {
	for i, b := range k.before {
		c, err := decode(b)
		if err == nil && c.context(context) != nil {
			return i
		}
	}
	return 0
}

// entryFiles are the files that get our entry: those of the contexts, and those that have it; else the first.
func (k *kube) entryFiles(contexts []string, name string) (list []int) {
	for i, b := range k.before {
		c, _ := decode(b)
		if c.user(name) != nil || slices.ContainsFunc(contexts, func(x string) bool { return k.fileOf(x) == i }) {
			list = append(list, i)
		}
	}
	if len(list) == 0 {
		return []int{0}
	}
	return list
}

// large is a context that uses the entry, or will, and whose CA is too large; see infoLimit. Empty: none.
func (k *kube) large(contexts []string, name string) string {
	for i := range k.all.Contexts {
		c := &k.all.Contexts[i]
		if (c.Context.User == name || slices.Contains(contexts, c.Name)) && k.all.cluster(c.Context.Cluster).tooLarge() {
			return c.Name
		}
	}
	return ""
}

// mergingFirst puts contexts with a merge key before the others: with a user of their own they don't change with the
// context that they merge.
func (k *kube) mergingFirst(contexts []string) []string {
	rest := func(name string) bool {
		c, _, err := findContext(k.before[k.fileOf(name)], name)
		return err != nil || c == nil || !merges(c)
	}
	out := slices.Clone(contexts)
	slices.SortStableFunc(out, func(a, b string) int {
		switch {
		case rest(a) == rest(b):
			return 0
		case rest(b):
			return -1
		}
		return 1
	})
	return out
}
