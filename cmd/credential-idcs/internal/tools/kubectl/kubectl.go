// Package kubectl sets kubectl up, and all programs that read a kubeconfig.
package kubectl

import (
	"bytes"
	"context"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
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
