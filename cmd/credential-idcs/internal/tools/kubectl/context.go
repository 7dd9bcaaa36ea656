package kubectl

import (
	"bytes"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
)

// A before is the user that a context had. A context without a user isn't the same as one whose user has an empty name:
// unconfigure restores the bytes.
type before struct {
	name  string
	isSet bool
	text  string // as it was written, if that doesn't follow from the name
}

// setContext gives a context a user, or with back the one that it had. had is the user that it had until then; found: the
// file has the context.
func setContext(b []byte, context, user string, back bool) (out []byte, had before, found bool, err error) {
	c, d, err := findContext(b, context)
	if err != nil || c == nil {
		return b, before{}, false, err
	}
	key, value := edit.Child(c, "user")
	if key != nil {
		if value.Kind != yaml.ScalarNode {
			return nil, before{}, true, errContextsStyle
		}
		had = before{name: value.Value, isSet: true}
		if value.ShortTag() == "!!null" {
			had.name = ""
		}
	}
	switch {
	case key != nil && had.name == user:
		return b, had, true, nil
	case key == nil && merges(c):
		// For kubectl a merge key overrides keys before it.
		text := ", user: " + scalar(user, true)
		if !edit.IsFlow(c) {
			text = d.Ending() + strings.Repeat(" ", c.Content[0].Column-1) + "user: " + encodeScalar(user)
		}
		out, err = addBehind(d, c, strings.TrimPrefix(text, ", "))
	case key == nil:
		spelled := scalar(user, edit.IsFlow(c) && len(c.Content) > 0 && d.B[d.Start(c.Content[0])] == '"')
		out, err = addKey(d, c, "user", spelled)
	default:
		out, err = setValue(d, c, "user", alike(value, user, back))
	}
	if err != nil {
		return nil, had, true, err
	}
	return out, had, true, soundContext(b, out, context, &user)
}

// clearContext removes the user that a context didn't have before.
func clearContext(b []byte, context string) ([]byte, error) {
	c, d, err := findContext(b, context)
	if err != nil || c == nil {
		return b, err
	}
	key, value := edit.Child(c, "user")
	if key == nil {
		return b, nil
	}
	from := d.Start(key)
	to, ok := d.End(value)
	if !ok {
		return nil, errNotKept
	}
	rest := d.B[to:]
	switch {
	case edit.IsFlow(c) && merges(c) && bytes.HasSuffix(d.B[:from], []byte(", ")):
		from -= 2
	case edit.IsFlow(c):
		if bytes.HasPrefix(rest, []byte(", ")) {
			to += 2
		}
	case len(c.Content) > 2 && c.Content[0] == key:
		to = d.Start(c.Content[2])
	default:
		line := d.Line(from)
		from, to = d.LineStart(line), d.LineStart(line+1)
		if to == len(d.B) && !bytes.HasSuffix(d.B, []byte("\n")) && bytes.HasSuffix(d.B[:from], []byte(d.Ending())) {
			from -= len(d.Ending()) // the text had no last line break; the one before our line was added with it
		}
	}
	out := edit.Splice(d.B, edit.At(from, to), "")
	return out, soundContext(b, out, context, nil)
}

// emptyContext restores a user without a name.
func emptyContext(b []byte, context string) ([]byte, error) {
	c, d, err := findContext(b, context)
	if err != nil || c == nil {
		return b, err
	}
	key, value := edit.Child(c, "user")
	if key == nil {
		return b, nil
	}
	from, ok := d.End(key)
	to, ok2 := d.End(value)
	colon := bytes.IndexByte(d.B[from:], ':')
	if !ok || !ok2 || colon < 0 {
		return nil, errNotKept
	}
	if value.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		return edit.Splice(d.B, edit.At(d.Start(value), to), alike(value, "", true)), nil
	}
	return edit.Splice(d.B, edit.At(from+colon+1, to), ""), nil
}

// merges reports whether a mapping has a merge key, which adds the keys of another one.
func merges(m *yaml.Node) bool {
	key, _ := edit.Child(m, "<<")
	return key != nil
}

// spelled is the user of a context as it is written, if that is on one line.
func spelled(b []byte, context string) string {
	c, d, err := findContext(b, context)
	if err != nil || c == nil {
		return ""
	}
	_, value := edit.Child(c, "user")
	if value == nil || value.Kind != yaml.ScalarNode {
		return ""
	}
	from := d.Start(value)
	to, ok := d.End(value)
	if !ok || to <= from || bytes.ContainsAny(d.B[from:to], "\r\n") {
		return ""
	}
	return string(d.B[from:to])
}

// respell restores a context's user as it was written.
func respell(b []byte, context string, had before) ([]byte, error) {
	c, d, err := findContext(b, context)
	if err != nil || c == nil {
		return b, err
	}
	if key, _ := edit.Child(c, "user"); key == nil {
		return nil, errNotKept
	}
	out, err := setValue(d, c, "user", had.text)
	if err != nil {
		return nil, err
	}
	if now, _, err := findContext(out, context); err != nil || now == nil {
		return nil, errNotKept
	} else if _, v := edit.Child(now, "user"); v == nil || v.Value != had.name && !(had.name == "" && v.ShortTag() == "!!null") {
		return nil, errNotKept
	}
	return out, soundContext(b, out, context, nil)
}

// findContext is the mapping of a context; nil: the file has none of that name.
func findContext(b []byte, name string) (*yaml.Node, *edit.YAML, error) {
	l, err := open(b, "contexts", errContextsStyle)
	if err != nil {
		return nil, nil, err
	}
	i := l.index(name)
	if i < 0 {
		return nil, nil, nil
	}
	_, c := edit.Child(l.value.Content[i], "context")
	if c == nil || c.Kind != yaml.MappingNode {
		return nil, nil, errContextsStyle
	}
	return c, l.doc, nil
}

// alike writes a name in the quotes of the value that it replaces. With back, single quotes that our own name needed are
// ignored: they don't show how the name before was written.
func alike(old *yaml.Node, name string, back bool) string {
	switch {
	case old.Style&yaml.DoubleQuotedStyle != 0:
		return edit.JSONString(name)
	case old.Style&yaml.SingleQuotedStyle != 0 && !(back && encodeScalar(old.Value) != old.Value):
		return "'" + strings.ReplaceAll(name, "'", "''") + "'"
	}
	if plain := (yaml.Node{}); yaml.Unmarshal([]byte("{user: "+name+"}"), &plain) == nil && len(plain.Content) == 1 {
		// Without quotes as it was, if YAML reads it right, though encodeScalar would add some.
		if _, v := edit.Child(plain.Content[0], "user"); v != nil && v.Kind == yaml.ScalarNode && v.ShortTag() == "!!str" && v.Value == name && len(plain.Content[0].Content) == 2 && v.Style == 0 {
			return name
		}
	}
	return encodeScalar(name)
}

// soundContext checks a change: read by the library, both texts must be the same but for that context's user. user is the
// one that it must have; nil: any.
func soundContext(before, after []byte, context string, user *string) error {
	was, err := withUser(before, context, user)
	if err != nil {
		return err
	}
	var is map[string]any
	if user == nil { // it may then have another one, from a merge key
		is, err = withUser(after, context, nil)
	} else {
		err = yaml.Unmarshal(after, &is)
	}
	if err != nil || !reflect.DeepEqual(was, is) {
		return errNotKept
	}
	return nil
}

func withUser(b []byte, context string, user *string) (map[string]any, error) {
	var all map[string]any
	if yaml.Unmarshal(b, &all) != nil {
		return nil, errNotKubeconfig
	}
	contexts, _ := all["contexts"].([]any)
	for _, c := range contexts {
		entry, _ := c.(map[string]any)
		if entry["name"] != context {
			continue
		}
		m, ok := entry["context"].(map[string]any)
		if !ok {
			return nil, errContextsStyle
		}
		if user == nil {
			delete(m, "user")
		} else {
			m["user"] = *user
		}
		break // of several the first is edited
	}
	return all, nil
}
