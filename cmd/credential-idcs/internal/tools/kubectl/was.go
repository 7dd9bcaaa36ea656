package kubectl

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
)

// The users that our contexts had are stored in our entry, so that unconfigure can restore them:
//
//	extensions:
//	- name: credential-idcs
//	  extension:
//	    was: {prod: admin}
//
// The value is null for a context that had no user, and empty for a user without a name. If the spelling doesn't follow
// from the name, it is a list of both: [admin, '"\x61dmin"']. kubectl preserves extensions when it writes the file. They
// must be a list: with a mapping every call of kubectl fails.

// remember adds a context to the extension of our entry, in place of what is there of one that had us before.
func remember(b []byte, name, context string, had before) ([]byte, error) {
	l, err := open(b, "users", errUsersStyle)
	if err != nil {
		return nil, err
	}
	i := l.index(name)
	if i < 0 {
		return nil, errNotKept
	}
	_, user := edit.Child(l.value.Content[i], "user")
	if user == nil || user.Kind != yaml.MappingNode {
		return nil, errUsersStyle
	}
	flow := edit.IsFlow(user)
	pair := scalar(context, flow) + ": " + "null"
	if had.isSet {
		pair = scalar(context, flow) + ": " + scalar(had.name, flow)
		if had.text != "" {
			pair = scalar(context, flow) + ": [" + scalar(had.name, flow) + ", " + scalar(had.text, flow) + "]"
		}
	}
	out, err := addWas(l.doc, user, context, pair, flow)
	if err != nil {
		return nil, err
	}
	return out, sound(b, out, name)
}

func addWas(d *edit.YAML, user *yaml.Node, context, pair string, flow bool) ([]byte, error) {
	key, list := edit.Child(user, "extensions")
	if key == nil {
		if flow {
			value := `[{"name": "` + extensionName + `", "extension": {"was": {` + pair + `}}}]`
			return addBehind(d, user, `"extensions": `+value)
		}
		indent := d.Ending() + strings.Repeat(" ", user.Content[0].Column-1)
		return addBehind(d, user, indent+"extensions:"+indent+"- name: "+extensionName+indent+"  extension:"+indent+"    was: {"+pair+"}")
	}
	for _, n := range list.Content {
		if nameOf(n) != extensionName {
			continue
		}
		_, extension := edit.Child(n, "extension")
		_, was := edit.Child(extension, "was")
		if was == nil || was.Kind != yaml.MappingNode {
			return nil, errUsersStyle
		}
		if k, v := edit.Child(was, context); k != nil {
			if v.Kind == yaml.SequenceNode && len(v.Content) > 0 && !edit.IsFlow(v) {
				v = v.Content[len(v.Content)-1]
			}
			end, ok := d.End(v)
			if !ok {
				return nil, errNotKept
			}
			return edit.Splice(d.B, edit.At(d.Start(k), end), pair), nil
		}
		if edit.IsFlow(was) {
			separator := ", "
			if len(was.Content) == 0 {
				separator = ""
			}
			return edit.Splice(d.B, edit.At(d.Start(was)+1, d.Start(was)+1), pair+separator), nil
		}
		at := d.Start(was.Content[0])
		return edit.Splice(d.B, edit.At(at, at), pair+d.Ending()+strings.Repeat(" ", was.Content[0].Column-1)), nil
	}
	item := `{"name": "` + extensionName + `", "extension": {"was": {` + pair + `}}}`
	switch {
	case list.Kind != yaml.SequenceNode:
		return nil, errUsersStyle
	case edit.IsFlow(list):
		separator := ", "
		if len(list.Content) == 0 {
			separator = ""
		}
		return edit.Splice(d.B, edit.At(d.Start(list)+1, d.Start(list)+1), item+separator), nil
	}
	at := d.LineStart(d.Line(d.Start(list)))
	return edit.Splice(d.B, edit.At(at, at), strings.Repeat(" ", list.Column-1)+"- "+item+d.Ending()), nil
}

// addBehind adds text after the last value of a mapping.
func addBehind(d *edit.YAML, m *yaml.Node, text string) ([]byte, error) {
	if edit.IsFlow(m) {
		end, ok := d.End(m)
		if !ok {
			return nil, errNotKept
		}
		if len(m.Content) > 0 {
			text = ", " + text
		}
		return edit.Splice(d.B, edit.At(end-1, end-1), text), nil
	}
	last := m
	for last.Kind != yaml.ScalarNode && last.Kind != yaml.AliasNode && !edit.IsFlow(last) && len(last.Content) > 0 {
		last = last.Content[len(last.Content)-1]
	}
	end, ok := d.End(last)
	if !ok {
		return nil, errNotKept
	}
	for end < len(d.B) && !bytes.ContainsAny(d.B[end:end+1], "\r\n") { // a comment behind the value stays there
		end++
	}
	return edit.Splice(d.B, edit.At(end, end), text), nil
}

// remembered are the users that contexts had, from our entry.
func remembered(b []byte, name string) map[string]before {
	l, err := open(b, "users", errUsersStyle)
	if err != nil {
		return nil
	}
	i := l.index(name)
	if i < 0 {
		return nil
	}
	_, user := edit.Child(l.value.Content[i], "user")
	_, list := edit.Child(user, "extensions")
	if list == nil {
		return nil
	}
	for _, n := range list.Content {
		if nameOf(n) != extensionName {
			continue
		}
		_, extension := edit.Child(n, "extension")
		_, was := edit.Child(extension, "was")
		if was == nil || was.Kind != yaml.MappingNode {
			continue
		}
		out := map[string]before{}
		for j := 0; j+1 < len(was.Content); j += 2 {
			v := was.Content[j+1]
			had := before{isSet: v.ShortTag() != "!!null"}
			if v.Kind == yaml.SequenceNode && len(v.Content) == 2 {
				v, had.text = v.Content[0], v.Content[1].Value
			}
			had.name = v.Value
			out[was.Content[j].Value] = had
		}
		return out
	}
	return nil
}
