package kubectl

import (
	"bytes"
	"errors"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
)

// addedUsers is the line that we add to a kubeconfig without users; dropUser removes it again.
const addedUsers = "users: # added by credential-idcs"

// was begins a comment with the empty value of users that our entry has replaced: dropUser restores it.
const was = "# was "

var (
	errUsersStyle    = errors.New("its users are no list of named entries")
	errContextsStyle = errors.New("its contexts are no list of named entries")
	errOtherUser     = errors.New("it has another user of that name")
	errNotKept       = errors.New("more than our part would change")
)

// An execUser is our entry of a kubeconfig's users.
type execUser struct {
	name    string
	command string // absolute, or the bare name
	profile string
	config  string // --config; empty: the usual file
	cache   string // the cache folder; empty: the usual one
	blind   bool   // provideClusterInfo: false
}

const (
	execVersion   = "client.authentication.k8s.io/v1"
	installHint   = "credential-idcs is missing, see https://github.com/credential-idcs/credential-idcs#readme"
	cacheVariable = "CREDENTIAL_IDCS_CACHE_DIR"
	extensionName = "credential-idcs"
)

func (u execUser) args() []string {
	args := []string{"kubectl", "--profile", u.profile}
	if u.config != "" {
		args = append(args, "--config", u.config)
	}
	return args
}

func (u execUser) provide() string {
	if u.blind {
		return "false"
	}
	return "true"
}

// lines are the entry as lines, its dash at a column. interactiveMode is mandatory in v1; Never
// leaves stdin to `kubectl apply -f -`.
func (u execUser) lines(column int, ending string) string {
	out := []string{
		"- name: " + encodeScalar(u.name),
		"  user:",
		"    exec:",
		"      apiVersion: " + execVersion,
		"      command: " + encodeScalar(u.command),
		"      args: " + encodeList(u.args(), false),
	}
	if u.cache != "" {
		out = append(out, "      env: "+u.env(false))
	}
	out = append(out,
		"      interactiveMode: Never",
		"      provideClusterInfo: "+u.provide(),
		"      installHint: "+installHint,
	)
	for i := range out {
		out[i] = strings.Repeat(" ", column) + out[i] + ending
	}
	return strings.Join(out, "")
}

func (u execUser) env(flow bool) string {
	return "[{" + scalar("name", flow) + ": " + scalar(cacheVariable, flow) + ", " + scalar("value", flow) + ": " + scalar(u.cache, flow) + "}]"
}

// flow is the entry as JSON, which is also YAML's flow style.
func (u execUser) flow() string {
	env := ""
	if u.cache != "" {
		env = `"env": ` + u.env(true) + ", "
	}
	return `{"name": ` + edit.JSONString(u.name) + `, "user": {"exec": {"apiVersion": "` + execVersion + `", "command": ` + edit.JSONString(u.command) +
		`, "args": ` + encodeList(u.args(), true) + ", " + env + `"interactiveMode": "Never", "provideClusterInfo": ` + u.provide() +
		`, "installHint": "` + installHint + `"}}}`
}

// scalar is s as a YAML value, in flow style as JSON.
func scalar(s string, flow bool) string {
	if flow {
		return edit.JSONString(s)
	}
	return encodeScalar(s)
}

func encodeList(list []string, flow bool) string {
	var quoted []string
	for _, s := range list {
		quoted = append(quoted, scalar(s, flow))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// setUser puts our entry before all users, or mends the one of its name.
func setUser(b []byte, u execUser, overwrite bool) ([]byte, error) {
	if b == nil {
		return []byte("apiVersion: v1\nkind: Config\nusers:\n" + u.lines(0, "\n")), nil
	}
	l, err := open(b, "users", errUsersStyle)
	if err != nil {
		return nil, err
	}
	var out []byte
	if i := l.index(u.name); i >= 0 {
		switch ours := isOurs(l.value.Content[i]); {
		case ours:
			out, err = mend(b, u)
		case overwrite:
			out, err = l.replace(i, u)
		default:
			return nil, errOtherUser
		}
	} else {
		out, err = l.insert(u)
	}
	if err != nil {
		return nil, err
	}
	// The entry must be there, and nothing else have changed.
	if c, err := decode(out); err != nil {
		return nil, err
	} else if !c.user(u.name).exec().ours() {
		return nil, errNotKept
	}
	if err := sound(b, out, u.name); err != nil {
		return nil, err
	}
	if l.index(u.name) < 0 && !comesBack(b, out, u.name) {
		return nil, errNotKept
	}
	return out, nil
}

// comesBack reports whether removing the entry restores the text of before, byte for byte. That isn't required if the text
// has a mark of ours, from an entry that a person deleted: removing deletes that, too.
func comesBack(before, after []byte, name string) bool {
	if bytes.Contains(before, []byte(was)) || bytes.Contains(before, []byte(addedUsers)) {
		return true
	}
	undone, err := dropUser(after, name)
	return err == nil && bytes.Equal(undone, before)
}

// insert puts the entry before all others.
func (l list) insert(u execUser) ([]byte, error) {
	d := l.doc
	at := func(offset int, s string) ([]byte, error) { return edit.Splice(d.B, edit.At(offset, offset), s), nil }
	switch {
	case l.flow() && l.key == nil:
		separator := ", "
		if len(d.Root.Content) == 0 {
			separator = ""
		}
		return at(d.Start(d.Root)+1, flowUsers(u)+separator)
	case l.flow() && l.empty():
		if l.value.Kind != yaml.SequenceNode { // null: the value is removed, and restored by dropFlow
			from := d.Start(l.value)
			end, ok := d.End(l.value)
			if mark := nullMarks[string(d.B[from:max(from, end)])]; ok && mark != "" {
				return edit.Splice(d.B, edit.At(from, end), "["+mark+u.flow()+"]"), nil
			}
			return nil, errUsersStyle
		}
		return at(d.Start(l.value)+1, " "+u.flow())
	case l.flow():
		return at(d.Pos(l.value.Content[0]), u.flow()+", ")
	}
	ending := d.Ending()
	column := 0
	if d.Root != nil {
		column = d.Root.Column - 1
	}
	switch {
	case d.Root == nil:
		return d.ReplaceLines(d.Head(), d.Head(), addedUsers+ending+u.lines(0, ending)), nil
	case l.key == nil:
		line := d.Root.Content[0].Line - 1
		return d.ReplaceLines(line, line, strings.Repeat(" ", column)+addedUsers+ending+u.lines(column, ending)), nil
	}
	line := d.Line(d.Start(l.key)) + 1
	if !l.empty() {
		return d.ReplaceLines(line, line, u.lines(l.value.Column-1, ending)), nil
	}
	out := d.ReplaceLines(line, line, u.lines(column, ending))
	if end, ok := d.End(l.value); ok && d.Start(l.value) < end {
		return edit.Splice(out, edit.At(d.Start(l.value), d.Start(l.value)), was), nil
	}
	return out, nil
}

// nullMarks is the space before our entry in a list that was null, by how null was written.
var nullMarks = map[string]string{"null": "  ", "": "   "}

func flowUsers(u execUser) string { return `"users": [` + u.flow() + "]" }

// replace replaces an entry by ours.
func (l list) replace(i int, u execUser) ([]byte, error) {
	if edit.IsFlow(l.value) {
		n := l.value.Content[i]
		end, ok := l.doc.End(n)
		if !ok {
			return nil, errUsersStyle
		}
		return edit.Splice(l.doc.B, edit.At(l.doc.Start(n), end), u.flow()), nil
	}
	item := l.doc.Items(l.value)[i]
	return l.doc.ReplaceLines(item.From, item.To, u.lines(l.value.Column-1, l.doc.Ending())), nil
}

// isOurs reports whether an entry runs this program, with any path.
func isOurs(n *yaml.Node) bool {
	var u namedUser
	return n.Decode(&u) == nil && u.User.Exec.ours()
}
