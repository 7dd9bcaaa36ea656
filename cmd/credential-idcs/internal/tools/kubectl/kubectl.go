// Package kubectl sets kubectl up, and all programs that read a kubeconfig.
package kubectl

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Tool is kubectl.
type Tool struct{}

func user(in tool.Request) string {
	if in.User != "" {
		return in.User
	}
	return "idcs-" + in.Profile
}

// Plan plans a user in each file that has one of the contexts, and gives it to these contexts. Without a typed context it is
// the current one, if its server is a target. So each file works alone, though several may be in $KUBECONFIG. Print has two
// documents: kuberc's allowlist for the person, and, if the profile has a domain, the API server's configuration for its
// administrator. If a file can't be edited, Print has the fragment to paste instead, beside the error.
func (Tool) Plan(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	k, err := readFiles(env)
	if err != nil {
		return tool.Plan{}, err
	}
	u := execUser{name: user(in), command: env.Find("credential-idcs"), profile: in.Profile, config: in.ConfigFile, cache: in.CacheDir}
	switch {
	case in.Portable:
		u.command = "credential-idcs"
	case u.command == "":
		u.command = env.Program
	}
	contexts, err := k.meant(in)
	if err != nil {
		return tool.Plan{}, err
	}
	for _, name := range contexts {
		if toml, err := k.unlisted(in, name); err != nil {
			return tool.Plan{Print: toml}, err
		}
	}
	large := k.large(contexts, u.name)
	u.blind = large != ""
	p := tool.Plan{Print: kuberc(u.command)}
	if in.Domain != "" { // else it is only for OKE clusters, which need no configuration
		p.Print += "---\n" + authentication(in)
	}
	for _, i := range k.entryFiles(contexts, u.name) {
		if k.after[i], err = setUser(k.after[i], u, in.Overwrite); err != nil {
			return fragment(u, k.files[i], in, contexts, err)
		}
	}
	for _, name := range k.mergingFirst(contexts) {
		if err := k.point(name, u.name); err != nil {
			return fragment(u, k.files[k.fileOf(name)], in, contexts, err)
		}
	}
	if err := k.stillWrong(u.name); err != nil {
		return tool.Plan{}, err
	}
	k.changes(&p)
	k.noteUnused(&p, in, u.name)
	k.noteUnlisted(&p, in)
	if large != "" {
		p.Note("kubectl config view --context="+text.Word(large)+" --minify", "the CA of context %s is too large for the variable by which kubectl tells the server, "+
			"so the user %s has provideClusterInfo: false: every server that a context with this user names gets the token", tool.Clean(large), tool.Clean(u.name))
	}
	return p, nil
}

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

// point gives a context our entry as its user, and stores in the entry the user that the context had.
func (k *kube) point(context, name string) error {
	i := k.fileOf(context)
	out, had, found, err := setContext(k.after[i], context, name, false)
	switch {
	case err != nil:
		return err
	case !found:
		return errContextsStyle
	case !bytes.Equal(out, k.after[i]):
		// The name alone doesn't restore every spelling; one over two lines can't be restored at all.
		if back, err := restore(out, context, had); err != nil || !bytes.Equal(back, k.after[i]) {
			if had.text = spelled(k.after[i], context); had.text == "" {
				return errNotKept
			}
			if back, err = restore(out, context, had); err != nil || !bytes.Equal(back, k.after[i]) {
				return errNotKept
			}
		}
		out, err = remember(out, name, context, had)
	}
	if err == nil {
		k.after[i] = out
	}
	return err
}

// stillWrong refuses an entry with a setting of the person's because of which kubectl doesn't run it.
func (k *kube) stillWrong(name string) error {
	for i, b := range k.after {
		c, _ := decode(b)
		u := c.user(name)
		if u == nil {
			continue
		}
		u.file = k.files[i]
		if list := u.faults(""); len(list) > 0 {
			return tool.Refuse(list[0].command, "the user %s in %s%s", tool.Clean(name), tool.Clean(u.file), list[0].why)
		}
	}
	return nil
}

// noteUnlisted notes the typed contexts whose server is no target: the helper refuses a token for it.
func (k *kube) noteUnlisted(p *tool.Plan, in tool.Request) {
	for _, name := range in.Contexts {
		server := k.server(k.all.context(name))
		if len(in.Targets) == 0 || in.Covers(server) {
			continue
		}
		p.Note("credential-idcs target add "+text.Word(tool.Clean(server))+" --profile "+text.Word(tool.Clean(in.Profile)),
			"the server of context %s, %s, is no target of profile %s yet, so it gets no token", tool.Clean(name), tool.Clean(server), tool.Clean(in.Profile))
	}
}

// noteUnused notes how a context gets the entry, if none has it.
func (k *kube) noteUnused(p *tool.Plan, in tool.Request, name string) {
	if now := merge(k.files, k.after); now.has(name) {
		return
	}
	if at := k.atTargets(in); len(at) > 0 {
		p.Note(configureContext(at[0], in), "no context uses the user %s yet, so kubectl goes on as before", tool.Clean(name))
		return
	}
	p.Note("kubectl config set-context NAME --cluster=CLUSTER --user="+text.Word(tool.Clean(name)),
		"no context has a server that is a target of profile %s, so kubectl goes on as before", tool.Clean(in.Profile))
}

func configureContext(context string, in tool.Request) string {
	command := tool.SetUp("kubectl --context "+text.Word(context), in.Profile)
	if in.User != "" {
		command += " --user " + text.Word(in.User)
	}
	return command
}

// fragment is the refusal with the entry to paste.
func fragment(u execUser, path string, in tool.Request, contexts []string, err error) (tool.Plan, error) {
	p := tool.Plan{Print: "users:\n" + u.lines(0, "\n")}
	for _, c := range contexts {
		p.Print += "# kubectl config set-context " + text.Word(tool.Clean(c)) + " --user=" + text.Word(tool.Clean(u.name)) + "\n"
	}
	if errors.Is(err, errOtherUser) {
		command := "credential-idcs configure kubectl --overwrite --profile " + text.Word(in.Profile)
		if in.User != "" {
			command += " --user " + text.Word(in.User)
		}
		for _, c := range in.Contexts {
			command += " --context " + text.Word(c)
		}
		return p, tool.Refuse(command, "%s has another user %s", tool.Clean(path), tool.Clean(u.name))
	}
	return p, tool.Refuse("", "%s can't be edited without changing more than our part (%s); paste the entry by hand", tool.Clean(path), err)
}
