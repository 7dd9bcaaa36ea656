package kubectl

import (
	"bytes"
	"context"
	"slices"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Undo plans to give the contexts, or only the named ones, the users that they had, and to remove our user unless another
// context still has it.
func (Tool) Undo(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	k, err := readFiles(env)
	if err != nil {
		return tool.Plan{}, err
	}
	if _, err := k.meant(tool.Request{Contexts: in.Contexts}); err != nil {
		return tool.Plan{}, err
	}
	names := []string{user(in)}
	if in.All && in.User == "" {
		names = k.ours()
	}
	var p tool.Plan
	for _, name := range names {
		if err := k.undo(&p, name, in.Contexts); err != nil {
			return tool.Plan{}, err
		}
	}
	k.changes(&p)
	return p, nil
}

// ours are the names of all entries of ours.
func (k *kube) ours() (names []string) {
	for _, b := range k.before {
		c, _ := decode(b)
		for _, u := range c.Users {
			if u.User.Exec.ours() && !slices.Contains(names, u.Name) {
				names = append(names, u.Name)
			}
		}
	}
	return names
}

// undo restores the users of an entry's contexts, of all or of those, and removes it unless another context still has it.
func (k *kube) undo(p *tool.Plan, name string, those []string) error {
	ours := slices.ContainsFunc(k.after, func(b []byte) bool { c, _ := decode(b); u := c.user(name); return u != nil && u.User.Exec.ours() })
	if !ours {
		return nil
	}
	was := map[string]before{}
	for i := len(k.after) - 1; i >= 0; i-- { // of several files the first counts
		for context, had := range remembered(k.after[i], name) {
			was[context] = had
		}
	}
	for i, path := range k.files {
		c, _ := decode(k.after[i])
		for _, x := range c.Contexts {
			if x.Context.User != name || len(those) > 0 && !slices.Contains(those, x.Name) {
				continue
			}
			had, known := was[x.Name]
			if !known {
				p.Note("kubectl config set-context "+text.Word(tool.Clean(x.Name))+" --user=NAME", "context %s of %s still names the user %s",
					tool.Clean(x.Name), tool.Clean(path), tool.Clean(name))
				continue
			}
			out, err := restore(k.after[i], x.Name, had)
			if err != nil {
				return tool.Refuse("kubectl config set-context "+text.Word(tool.Clean(x.Name))+" --user="+text.Word(tool.Clean(had.name)), "%s can't be edited: %s", tool.Clean(path), err)
			}
			k.after[i] = out
		}
	}
	if len(those) > 0 && slices.ContainsFunc(k.after, func(b []byte) bool { c, _ := decode(b); return c.has(name) }) {
		return nil
	}
	for i, path := range k.files {
		out, err := dropUser(k.after[i], name)
		if err != nil {
			if !bytes.Contains(k.after[i], []byte(name)) {
				continue // a file of another program, with nothing of ours in it
			}
			return tool.Refuse("kubectl config delete-user "+text.Word(name), "%s can't be edited: %s", tool.Clean(path), err)
		}
		k.after[i] = out
	}
	return nil
}

// has reports whether a context of a file has a user.
func (c *config) has(user string) bool {
	return slices.ContainsFunc(c.Contexts, func(x namedContext) bool { return x.Context.User == user })
}

func restore(b []byte, context string, had before) ([]byte, error) {
	switch {
	case had.text != "":
		return respell(b, context, had)
	case !had.isSet:
		return clearContext(b, context)
	case had.name == "":
		return emptyContext(b, context)
	}
	out, _, _, err := setContext(b, context, had.name, true)
	return out, err
}
