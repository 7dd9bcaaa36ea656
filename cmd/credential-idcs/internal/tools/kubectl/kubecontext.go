package kubectl

import "strings"

// setContext points a context at a user; ok is whether the file has that context.
func setContext(b []byte, context, user string) (out []byte, ok bool, err error) {
	d, err := parseYAML(b)
	if err != nil {
		return nil, false, err
	}
	items, ok := d.items("contexts")
	if !ok {
		return nil, false, errContextsStyle
	}
	entry := find(items, context)
	if entry == nil {
		return b, false, nil
	}
	c := entry.child("context")
	if c == nil || c.kind != mappingNode || len(c.children) == 0 {
		return nil, true, errContextsStyle
	}
	old := c.child("user")
	switch {
	case c.text("user") == user:
		return b, true, nil
	case old == nil:
		first := c.children[0]
		if first.from == c.from {
			return nil, true, errContextsStyle
		}
		d = d.replace(first.from, first.from, []string{strings.Repeat(" ", first.column) + "user: " + encodeScalar(user) + d.ending()})
	case old.to-old.from > 1 || len(old.children) > 0:
		return nil, true, errContextsStyle
	case old.raw.from == old.raw.to: // "user:" and perhaps a comment
		colon := strings.Index(body(d.lines[old.from]), "user:") + len("user:")
		d = d.splice(old.from, span{colon, colon}, " "+encodeScalar(user))
	default:
		d = d.splice(old.from, old.raw, encodeScalar(user))
	}
	again, err := parseYAML(d.join())
	if err != nil {
		return nil, true, err
	}
	if items, ok := again.items("contexts"); !ok || find(items, context).child("context").text("user") != user {
		return nil, true, errNotKept
	}
	return d.join(), true, nil
}

// contexts are the names of the contexts, all or those of a user.
func (d yamlDoc) contexts(user string) []string {
	var out []string
	items, _ := d.items("contexts")
	for _, n := range items {
		if user == "" || n.child("context").text("user") == user {
			out = append(out, n.text("name"))
		}
	}
	return out
}
