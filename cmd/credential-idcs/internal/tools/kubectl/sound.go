package kubectl

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
)

// sound checks a change: read by the library, both texts must be the same but for the user of that name, and for an empty
// list of users.
func sound(before, after []byte, name string) error {
	was, err := without(before, name)
	if err != nil {
		return err
	}
	is, err := without(after, name)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(was, is) {
		return errNotKept
	}
	return nil
}

func without(b []byte, name string) (map[string]any, error) {
	var all map[string]any
	if yaml.Unmarshal(b, &all) != nil {
		return nil, errNotKubeconfig
	}
	users, _ := all["users"].([]any)
	users = slices.DeleteFunc(users, func(u any) bool {
		m, _ := u.(map[string]any)
		return m["name"] == name
	})
	if all == nil {
		all = map[string]any{}
	}
	if all["users"] = users; len(users) == 0 {
		delete(all, "users")
	}
	return all, nil
}

// shown reports whether an entry is ours and has nothing that may be secret.
func shown(n *yaml.Node) bool {
	var u namedUser
	if n.Decode(&u) != nil || !u.User.Exec.ours() {
		return false
	}
	_, user := edit.Child(n, "user")
	for i := 0; i < len(user.Content); i += 2 {
		if k := user.Content[i].Value; k != "exec" && k != "extensions" {
			return false
		}
	}
	return !slices.ContainsFunc(u.User.Exec.Env, func(v envVar) bool { return v.Name != cacheVariable })
}

// hideUsers is a kubeconfig with the values of other users hidden: tokens, keys, passwords.
func hideUsers(b []byte) []byte {
	l, err := open(b, "users", errUsersStyle)
	if err != nil {
		return nil // nothing is ever planned for such a file
	}
	if l.value == nil || l.empty() {
		return b
	}
	if edit.IsFlow(l.value) {
		return l.hideFlow()
	}
	d := l.doc
	items := d.Items(l.value)
	out := d.B
	for i := len(items) - 1; i >= 0; i-- { // from the end, so that offsets stay
		n := items[i].Node
		if shown(n) {
			continue
		}
		nameKey, _ := edit.Child(n, "name")
		for line := items[i].To - 1; line >= items[i].From; line-- {
			if line == d.Line(d.Start(nameKey)) {
				continue
			}
			from, to := d.LineStart(line), d.LineStart(line+1)
			text := strings.TrimRight(string(d.B[from:to]), "\r\n")
			from += len(text) - len(strings.TrimLeft(text, " -"))
			to = d.LineStart(line) + len(text)
			out = edit.Splice(out, edit.At(from, max(from, to)), "(hidden)")
		}
	}
	return out
}

func (l list) hideFlow() []byte {
	out := l.doc.B
	for i := len(l.value.Content) - 1; i >= 0; i-- {
		n := l.value.Content[i]
		_, user := edit.Child(n, "user")
		if user == nil || shown(n) {
			continue
		}
		end, ok := l.doc.End(user)
		if !ok {
			return nil
		}
		out = edit.Splice(out, edit.At(l.doc.Start(user), end), `"(hidden)"`)
	}
	return out
}
