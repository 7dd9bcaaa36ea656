package kubectl

import (
	"errors"
	"path"
	"slices"
	"strings"
)

// addedUsers is the line that we add to a kubeconfig without users; dropUser takes it away again.
const addedUsers = "users: # added by credential-idcs"

// was stands before the empty value of users for which our entry stands: dropUser gives it back.
const was = "# was "

var (
	errUsersStyle    = errors.New("its users are not written as a list of lines")
	errContextsStyle = errors.New("its contexts are not written as a list of lines")
	errOtherUser     = errors.New("it has another user of that name")
	errNotKept       = errors.New("more than our lines would change")
)

// An execUser is our entry of a kubeconfig's users.
// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
type execUser struct {
	name    string
	command string // absolute
	profile string
}

const (
	execVersion = "client.authentication.k8s.io/v1"
	installHint = "credential-idcs is missing, see https://github.com/credential-idcs/credential-idcs#readme"
)

// lines are the entry as lines, its dash at a column. interactiveMode is mandatory in v1; Never
// leaves stdin to `kubectl apply -f -`.
func (u execUser) lines(column int, ending string) []string {
	out := []string{
		"- name: " + encodeScalar(u.name),
		"  user:",
		"    exec:",
		"      apiVersion: " + execVersion,
		"      command: " + encodeScalar(u.command),
		"      args: [kubectl, --profile, " + encodeScalar(u.profile) + "]",
		"      interactiveMode: Never",
		"      provideClusterInfo: true",
		"      installHint: " + installHint,
	}
	for i := range out {
		out[i] = strings.Repeat(" ", column) + out[i] + ending
	}
	return out
}

// same is whether an entry, in whatever order and style kubectl or a person wrote it, says what
// ours says. More in it, such as an environment, is the person's.
func (u execUser) same(n *node) bool {
	exec := n.child("user").child("exec")
	return exec.text("apiVersion") == execVersion && exec.text("command") == u.command &&
		exec.text("interactiveMode") == "Never" && exec.text("provideClusterInfo") == "true" &&
		exec.text("installHint") == installHint && slices.Equal(list(exec.child("args")), []string{"kubectl", "--profile", u.profile})
}

// isOurs is whether an entry runs this program as kubectl's helper, from wherever.
func isOurs(n *node) bool {
	exec := n.child("user").child("exec")
	command := path.Base(strings.ReplaceAll(exec.text("command"), `\`, "/"))
	args := list(exec.child("args"))
	return strings.TrimSuffix(command, ".exe") == "credential-idcs" && len(args) > 0 && args[0] == "kubectl"
}

// untouched is whether an entry has nothing in it that we wouldn't write.
func untouched(n *node) bool {
	user := n.child("user")
	for _, m := range []struct {
		n    *node
		keys string
	}{{n, " name user "}, {user, " exec "}, {user.child("exec"), " apiVersion command args interactiveMode provideClusterInfo installHint "}} {
		for _, c := range m.n.children {
			if !strings.Contains(m.keys, " "+c.key+" ") && c.empty == "" {
				return false
			}
		}
	}
	return true
}

func list(n *node) []string {
	if n == nil || n.kind != sequenceNode {
		return nil
	}
	var out []string
	for _, c := range n.children {
		if c.kind != scalarNode {
			return nil
		}
		out = append(out, c.value)
	}
	return out
}

// items are the entries of a top-level list in block style; none if it is empty or missing.
func (d yamlDoc) items(key string) (items []*node, ok bool) {
	n := d.root.child(key)
	switch {
	case n == nil, n.kind == mappingNode && len(n.children) == 0, n.empty != "" && n.empty != "{}":
		return nil, true
	case n.kind != sequenceNode || n.raw.from < n.raw.to:
		return nil, false
	}
	for _, c := range n.children {
		if c.kind != mappingNode || c.child("name") == nil || c.child("name").kind != scalarNode {
			return nil, false
		}
	}
	return n.children, true
}

// find is the entry of that name.
func find(items []*node, name string) *node {
	for _, n := range items {
		if n.text("name") == name {
			return n
		}
	}
	return nil
}

// setUser puts our entry at the head of the users, or in the place of the one of its name.
func setUser(b []byte, u execUser, overwrite bool) ([]byte, error) {
	if b == nil {
		fresh := "apiVersion: v1\nkind: Config\nusers:\n" + strings.Join(u.lines(0, "\n"), "")
		return []byte(fresh), sound([]byte(fresh), u)
	}
	d, err := parseYAML(b)
	if err != nil {
		return nil, err
	}
	items, ok := d.items("users")
	if !ok {
		return nil, errUsersStyle
	}
	ending := d.ending()
	if old := find(items, u.name); old != nil {
		switch {
		case u.same(old):
			return b, nil
		case !overwrite && !(isOurs(old) && untouched(old)):
			return nil, errOtherUser
		}
		// The dash stands at the column of the list.
		d = d.replace(old.from, old.to, u.lines(d.root.child("users").column, ending))
		return d.join(), sound(d.join(), u)
	}
	switch n := d.root.child("users"); {
	case d.root == nil:
		d = d.replace(d.head(), d.head(), append([]string{addedUsers + ending}, u.lines(0, ending)...))
	case n == nil:
		d = d.replace(d.root.from, d.root.from, append([]string{addedUsers + ending}, u.lines(0, ending)...))
	case n.empty != "":
		d = d.splice(n.from, span{n.raw.from, n.raw.from}, was)
		d = d.replace(n.from+1, n.from+1, u.lines(0, ending))
	case len(items) == 0:
		d = d.replace(n.from+1, n.from+1, u.lines(0, ending))
	default:
		d = d.replace(n.from+1, n.from+1, u.lines(n.column, ending))
	}
	return d.join(), sound(d.join(), u)
}

// sound reads the result again: our entry must be in it.
func sound(b []byte, u execUser) error {
	d, err := parseYAML(b)
	if err != nil {
		return err
	}
	items, ok := d.items("users")
	if n := find(items, u.name); !ok || n == nil || !u.same(n) {
		return errNotKept
	}
	return nil
}

// dropUser takes our entry away, and what setUser did around it. An entry of that name that isn't
// ours stays. The result is nil if the file held nothing else.
func dropUser(b []byte, name string) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	d, err := parseYAML(b)
	if err != nil {
		return nil, err
	}
	items, ok := d.items("users")
	if !ok {
		return nil, errUsersStyle
	}
	old := find(items, name)
	if old == nil || !isOurs(old) {
		return b, nil
	}
	exec := old.child("user").child("exec")
	args := list(exec.child("args"))
	if fresh, err := setUser(nil, execUser{name, exec.text("command"), args[len(args)-1]}, false); err == nil && string(fresh) == string(b) {
		return nil, nil
	}
	d = d.replace(old.from, old.to, nil)
	if len(items) > 1 {
		return d.join(), nil
	}
	n := d.root.child("users")
	line := body(d.lines[n.from])
	mark := strings.TrimLeft(strings.TrimPrefix(line, "users:"), " ")
	switch word, _, _ := strings.Cut(strings.TrimPrefix(mark, was), " "); {
	case line == addedUsers:
		d = d.replace(n.from, n.from+1, nil)
	case strings.HasPrefix(mark, was) && (word == "[]" || word == "null" || word == "~"):
		at := len(line) - len(mark)
		d = d.splice(n.from, span{at, at + len(was)}, "")
	}
	return d.join(), nil
}

// hideUsers is a kubeconfig without what other users' entries hold: tokens, keys, passwords.
func hideUsers(b []byte) []byte {
	d, err := parseYAML(b)
	if err != nil {
		return nil // nothing is ever planned for such a file
	}
	items, _ := d.items("users")
	for _, n := range items {
		if isOurs(n) && untouched(n) {
			continue
		}
		for i := n.from; i < n.to; i++ {
			if name := n.child("name"); i < name.from || i >= name.to {
				l := body(d.lines[i])
				d = d.splice(i, span{len(l) - len(strings.TrimLeft(l, " -")), len(l)}, "(hidden)")
			}
		}
	}
	return d.join()
}
