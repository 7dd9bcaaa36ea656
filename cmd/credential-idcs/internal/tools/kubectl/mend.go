package kubectl

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
)

// mend changes the values of an entry of ours that differ; the rest of it stays.
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

// mendedArgs are the arguments of an entry with our profile and, if this run's configuration isn't the usual one, its
// --config. Other arguments stay.
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
		return u.args() // with the others the helper would only print its usage
	}
	return args
}

// setOption sets an option, in its place or at the end.
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

// mendEnv sets the cache folder in the variables of the entry.
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

// setValue sets a key of a mapping to a value on one line, or adds the key before all others.
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
	if from += colon + 1; to < from { // the value is empty
		to = from
	}
	if last == v && to > from {
		return edit.Splice(d.B, edit.At(d.Start(v), to), value), nil
	}
	return edit.Splice(d.B, edit.At(from, to), " "+value), nil
}

// addKey adds a key before the first one of a mapping.
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
