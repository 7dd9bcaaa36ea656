package kubectl

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
)

// addedUsers is the line that we add to a kubeconfig without users; dropUser removes it again.
const addedUsers = "users: # added by credential-idcs"

// was stands before the empty value of users for which our entry stands: dropUser gives it back.
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

// flow is the entry as JSON, which YAML's flow style takes too.
func (u execUser) flow() string {
	env := ""
	if u.cache != "" {
		env = `"env": ` + u.env(true) + ", "
	}
	return `{"name": ` + edit.JSONString(u.name) + `, "user": {"exec": {"apiVersion": "` + execVersion + `", "command": ` + edit.JSONString(u.command) +
		`, "args": ` + encodeList(u.args(), true) + ", " + env + `"interactiveMode": "Never", "provideClusterInfo": ` + u.provide() +
		`, "installHint": "` + installHint + `"}}}`
}

// scalar is a text in the style around it: as JSON inside JSON.
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

// A list is one of the lists at the top of a kubeconfig.
type list struct {
	doc   *edit.YAML
	key   *yaml.Node // nil: the file has no such list
	value *yaml.Node
}

// open finds a list. Its entries must be mappings with a name; what they hold otherwise doesn't matter.
func open(b []byte, name string, unclear error) (list, error) {
	d, err := edit.ParseYAML(b)
	if err != nil {
		return list{}, err
	}
	l := list{doc: d}
	if d.Root == nil {
		return l, nil
	}
	if d.Root.Kind != yaml.MappingNode {
		return l, errNotKubeconfig
	}
	l.key, l.value = edit.Child(d.Root, name)
	if l.key == nil || l.empty() {
		return l, nil
	}
	if l.value.Kind != yaml.SequenceNode {
		return l, unclear
	}
	for _, n := range l.value.Content {
		if n.Kind != yaml.MappingNode || nameOf(n) == "" && !hasName(n) {
			return l, unclear
		}
	}
	return l, nil
}

// empty reports whether the value is null or a list without entries.
func (l list) empty() bool {
	return l.value == nil || len(l.value.Content) == 0 && (l.value.Kind == yaml.SequenceNode || l.value.Kind == yaml.ScalarNode && l.value.ShortTag() == "!!null" || l.value.Kind == yaml.MappingNode)
}

func nameOf(n *yaml.Node) string {
	_, v := edit.Child(n, "name")
	if v == nil || v.Kind != yaml.ScalarNode {
		return ""
	}
	return v.Value
}

func hasName(n *yaml.Node) bool {
	_, v := edit.Child(n, "name")
	return v != nil && v.Kind == yaml.ScalarNode
}

// index is the entry of a name; -1: there is none.
func (l list) index(name string) int {
	if l.value == nil {
		return -1
	}
	return slices.IndexFunc(l.value.Content, func(n *yaml.Node) bool { return hasName(n) && nameOf(n) == name })
}

// flow reports whether new entries of the list are JSON: the list, or the file if there is none yet, is
// in flow style.
func (l list) flow() bool {
	if l.key != nil && !l.empty() {
		return edit.IsFlow(l.value)
	}
	return l.doc.Root != nil && edit.IsFlow(l.doc.Root)
}

// setUser puts our entry at the head of the users, or mends the one of its name.
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

// comesBack reports whether undoing the entry gives the text of before, byte for byte. Where a mark of
// ours is left from an entry that a person deleted, undoing removes that too.
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
		if l.value.Kind != yaml.SequenceNode { // null: the value goes, and comes back with the entry
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

// nullMarks is the space before our entry in a list that was null, by how that was written.
var nullMarks = map[string]string{"null": "  ", "": "   "}

func flowUsers(u execUser) string { return `"users": [` + u.flow() + "]" }

// replace puts the entry in the place of another.
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

// isOurs reports whether an entry runs this program, from wherever.
func isOurs(n *yaml.Node) bool {
	var u namedUser
	return n.Decode(&u) == nil && u.User.Exec.ours()
}

// mend changes what an entry of ours has otherwise, value by value: the rest of it is the person's.
func mend(b []byte, u execUser) ([]byte, error) {
	for range 20 { // each change reads the text again
		out, err := mendOne(b, u)
		if err != nil || bytes.Equal(out, b) {
			return out, err
		}
		b = out
	}
	return nil, errNotKept
}

func mendOne(b []byte, u execUser) ([]byte, error) {
	l, err := open(b, "users", errUsersStyle)
	if err != nil {
		return nil, err
	}
	i := l.index(u.name)
	var now namedUser
	if i < 0 || l.value.Content[i].Decode(&now) != nil || now.User.Exec == nil {
		return nil, errNotKept
	}
	_, user := edit.Child(l.value.Content[i], "user")
	_, exec := edit.Child(user, "exec")
	if exec == nil || exec.Kind != yaml.MappingNode {
		return nil, errUsersStyle
	}
	args := u.mendedArgs(now.User.Exec.Args)
	flow := edit.IsFlow(exec)
	for _, f := range []struct {
		key, value string
		same       bool
	}{
		{"apiVersion", scalar(execVersion, flow), now.User.Exec.APIVersion == execVersion},
		{"command", scalar(u.command, flow), now.User.Exec.Command == u.command},
		{"args", encodeList(args, flow), slices.Equal(args, now.User.Exec.Args)},
		{"interactiveMode", scalar("Never", flow), now.User.Exec.InteractiveMode == "Never"},
		{"provideClusterInfo", u.provide(), now.User.Exec.ProvideCluster != u.blind},
		{"installHint", scalar(installHint, flow), hint(exec) == installHint},
	} {
		if !f.same {
			return setValue(l.doc, exec, f.key, f.value)
		}
	}
	if u.cache == "" {
		return b, nil
	}
	return u.mendEnv(l.doc, exec, now.User.Exec)
}

func hint(exec *yaml.Node) string {
	if _, v := edit.Child(exec, "installHint"); v != nil {
		return v.Value
	}
	return ""
}

// mendedArgs are the arguments of an entry with our profile and, where this run's configuration isn't the
// usual one, its --config. What else a person has put there stays.
func (u execUser) mendedArgs(now []string) []string {
	args := slices.Clone(now)
	if !slices.Contains(args, "kubectl") {
		args = append([]string{"kubectl"}, args...)
	}
	args = setOption(args, u.profile, profileOption...)
	if u.config != "" {
		args = setOption(args, u.config, "--config")
	}
	if _, ok := (&execConfig{Command: u.command, Args: args}).kind(); !ok {
		return u.args() // with the others it would print its usage
	}
	return args
}

// setOption gives an option a value, at its place or at the end.
func setOption(args []string, value string, names ...string) []string {
	i, now := findOption(args, names...)
	switch {
	case i < 0:
		return append(args, names[0], value)
	case now == value:
		return args
	case strings.Contains(args[i], "="):
		args[i] = names[0] + "=" + value
	default:
		args[i+1] = value
	}
	return args
}

// mendEnv sets the cache folder among the variables of the entry.
func (u execUser) mendEnv(d *edit.YAML, exec *yaml.Node, now *execConfig) ([]byte, error) {
	_, env := edit.Child(exec, "env")
	for i, v := range now.Env {
		if v.Name != cacheVariable {
			continue
		}
		if v.Value == u.cache {
			return d.B, nil
		}
		return setValue(d, env.Content[i], "value", scalar(u.cache, edit.IsFlow(env.Content[i])))
	}
	if len(now.Env) == 0 {
		return setValue(d, exec, "env", u.env(edit.IsFlow(exec)))
	}
	item := "{" + edit.JSONString("name") + ": " + edit.JSONString(cacheVariable) + ", " + edit.JSONString("value") + ": " + edit.JSONString(u.cache) + "}"
	if edit.IsFlow(env) {
		return edit.Splice(d.B, edit.At(d.Start(env)+1, d.Start(env)+1), item+", "), nil
	}
	at := d.LineStart(d.Line(d.Start(env)))
	return edit.Splice(d.B, edit.At(at, at), strings.Repeat(" ", env.Column-1)+"- "+item+d.Ending()), nil
}

// setValue gives a key of a mapping a value on one line, or adds the key before all others.
func setValue(d *edit.YAML, m *yaml.Node, key, value string) ([]byte, error) {
	k, v := edit.Child(m, key)
	if k == nil {
		return addKey(d, m, key, value)
	}
	from, ok := d.End(k)
	if !ok {
		return nil, errNotKept
	}
	colon := bytes.IndexByte(d.B[from:], ':')
	last := v
	for !edit.IsFlow(last) && (last.Kind == yaml.SequenceNode || last.Kind == yaml.MappingNode) && len(last.Content) > 0 {
		last = last.Content[len(last.Content)-1]
	}
	to, ok := d.End(last)
	if colon < 0 || !ok {
		return nil, errNotKept
	}
	if from += colon + 1; to < from { // nothing is behind the colon
		to = from
	}
	if last == v && to > from {
		return edit.Splice(d.B, edit.At(d.Start(v), to), value), nil
	}
	return edit.Splice(d.B, edit.At(from, to), " "+value), nil
}

// addKey puts a key before the first one of a mapping.
func addKey(d *edit.YAML, m *yaml.Node, key, value string) ([]byte, error) {
	if edit.IsFlow(m) {
		separator := ", "
		if len(m.Content) == 0 {
			separator = ""
		}
		at := d.Start(m) + 1
		if len(m.Content) > 0 && d.B[d.Start(m.Content[0])] == '"' {
			key = edit.JSONString(key)
		}
		return edit.Splice(d.B, edit.At(at, at), key+": "+value+separator), nil
	}
	if m.Kind != yaml.MappingNode || len(m.Content) == 0 {
		return nil, errNotKept
	}
	at := d.Start(m.Content[0])
	return edit.Splice(d.B, edit.At(at, at), key+": "+value+d.Ending()+strings.Repeat(" ", m.Content[0].Column-1)), nil
}

// dropUser removes our entry, and what setUser did around it. An entry of that name that isn't ours
// stays. The result is nil if the file held nothing else.
func dropUser(b []byte, name string) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	l, err := open(b, "users", errUsersStyle)
	if err != nil {
		return nil, err
	}
	i := l.index(name)
	if i < 0 || !isOurs(l.value.Content[i]) {
		return b, nil
	}
	out, err := l.drop(i)
	if err != nil || out == nil {
		return out, err
	}
	return out, sound(b, out, name)
}

func (l list) drop(i int) ([]byte, error) {
	d := l.doc
	if edit.IsFlow(l.value) {
		return l.dropFlow(i)
	}
	if rest, ok := bytes.CutPrefix(d.B, []byte("apiVersion: v1\nkind: Config\nusers:\n- name: ")); ok && len(l.value.Content) == 1 && !bytes.Contains(rest, []byte("\n- ")) && len(d.Root.Content) == 6 {
		return nil, nil // the file is of our making
	}
	item := d.Items(l.value)[i]
	out := d.ReplaceLines(item.From, item.To, "")
	if len(l.value.Content) > 1 {
		return out, nil
	}
	from, to := d.LineStart(d.Line(d.Start(l.key))), d.LineStart(d.Line(d.Start(l.key))+1)
	line := strings.TrimRight(string(d.B[from:to]), "\r\n")
	mark := strings.TrimLeft(strings.TrimPrefix(line, "users:"), " ")
	word, _, _ := strings.Cut(strings.TrimPrefix(mark, was), " ")
	switch {
	case strings.TrimLeft(line, " ") == addedUsers:
		again, err := edit.ParseYAML(out)
		if err != nil {
			return nil, err
		}
		line := d.Line(d.Start(l.key))
		return again.ReplaceLines(line, line+1, ""), nil
	case strings.HasPrefix(mark, was) && (word == "[]" || word == "{}" || word == "null" || word == "~"):
		at := from + len(line) - len(mark)
		return edit.Splice(out, edit.At(at, at+len(was)), ""), nil
	}
	return out, nil
}

// dropFlow removes an entry of a list in flow style.
func (l list) dropFlow(i int) ([]byte, error) {
	d, n := l.doc, l.value.Content[i]
	from := d.Pos(n)
	to, ok := d.End(n)
	if !ok {
		return nil, errUsersStyle
	}
	if len(l.value.Content) > 1 {
		if i > 0 {
			end, ok := d.End(l.value.Content[i-1])
			if !ok {
				return nil, errUsersStyle
			}
			return edit.Splice(d.B, edit.At(end, to), ""), nil
		}
		return edit.Splice(d.B, edit.At(from, d.Pos(l.value.Content[1])), ""), nil
	}
	// The space before the entry says what was there: see insert.
	list, end := d.Start(l.value), to+1
	switch before := string(d.B[list+1 : from]); {
	case before == nullMarks["null"] && d.B[to] == ']':
		return edit.Splice(d.B, edit.At(list, end), "null"), nil
	case before == nullMarks[""] && d.B[to] == ']':
		return edit.Splice(d.B, edit.At(list, end), ""), nil
	case before == " " && d.B[to] == ']':
		return edit.Splice(d.B, edit.At(list+1, to), ""), nil
	case before == "" && d.B[to] == ']' && bytes.HasPrefix(d.B[d.Start(d.Root)+1:], []byte(`"users": [`)):
		if rest := d.B[end:]; bytes.HasPrefix(rest, []byte(", ")) {
			end += 2
		}
		return edit.Splice(d.B, edit.At(d.Start(d.Root)+1, end), ""), nil
	}
	return edit.Splice(d.B, edit.At(from, to), ""), nil
}

// sound reads the text before and after with the library: apart from the user of that name, and from
// empty users, both must say the same.
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

// shown reports whether an entry is ours and holds nothing that may be secret.
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

// hideUsers is a kubeconfig without what other users' entries hold: tokens, keys, passwords.
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
