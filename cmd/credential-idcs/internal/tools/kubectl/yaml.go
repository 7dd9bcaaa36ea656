package kubectl

import (
	"fmt"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
)

// A yamlDoc is a kubeconfig as people and kubectl write it: one document in block style, read line
// by line so that lines can be put in and taken out. Everything else that YAML can do (anchors,
// aliases, tags, several documents, values over several lines but behind "|" and ">", quoted keys,
// tabs) is an error: that is refused, never guessed.
//
// The structure below knows lines, not offsets. Line endings belong to their lines.
type yamlDoc struct {
	lines []string
	root  *node // nil: no content, only comments
}

// A node is a mapping, a sequence or a value.
type node struct {
	kind     nodeKind
	key      string  // in a mapping
	column   int     // of the key, or of what stands behind a sequence's "- "
	from, to int     // lines, to behind the last; comments behind the last one are not its own
	children []*node // of mappings and sequences, flow sequences of plain values too
	value    string  // decoded, if it is a plain or quoted value
	raw      span    // of the value's text in its line; for block scalars their header
	empty    string  // "", or how an empty value is written: [], {}, null, ~
}

type nodeKind int

const (
	scalarNode  nodeKind = iota
	mappingNode          // block style, or nothing at all behind the key
	sequenceNode
	opaqueNode // flow style or a block scalar: a value that is whole, but not looked into
)

// An unclear line is one that the editor doesn't understand.
type unclear struct {
	line int // from 1
	why  string
}

func (e unclear) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.why) }

func parseYAML(b []byte) (yamlDoc, error) {
	d := yamlDoc{lines: edit.Lines(b)}
	if err := d.checkBytes(b); err != nil {
		return d, err
	}
	p := yamlParser{doc: &d}
	if err := p.scan(); err != nil {
		return d, err
	}
	if len(p.rows) == 0 {
		return d, nil
	}
	root, err := p.block(p.rows[0].column)
	if err != nil {
		return d, err
	}
	if p.at < len(p.rows) {
		return d, unclear{p.rows[p.at].line + 1, "it is indented less than what comes before"}
	}
	if root.kind != mappingNode || root.column != 0 {
		return d, unclear{root.from + 1, "a mapping at the margin was expected"}
	}
	d.root = root
	return d, nil
}

// block reads the mapping or sequence whose keys or dashes stand at a column.
func (p *yamlParser) block(column int) (*node, error) {
	first := p.rows[p.at]
	n := &node{kind: mappingNode, column: column, from: first.line}
	if first.dash {
		n.kind = sequenceNode
	} else if !first.hasKey {
		return nil, unclear{first.line + 1, "a key was expected"}
	}
	for p.at < len(p.rows) && p.rows[p.at].column == column {
		r := p.rows[p.at]
		if r.dash != (n.kind == sequenceNode) {
			break // the sequence of a key at the same column ends here
		}
		if !r.dash && !r.hasKey {
			return nil, unclear{r.line + 1, "a key was expected"}
		}
		var child *node
		var err error
		if r.dash {
			child, err = p.item(r)
		} else {
			child, err = p.entry(r)
		}
		if err != nil {
			return nil, err
		}
		for _, c := range n.children {
			if !r.dash && c.key == child.key {
				return nil, unclear{r.line + 1, "a key is there twice"}
			}
		}
		n.children = append(n.children, child)
		n.to = child.to
	}
	if p.at < len(p.rows) && p.rows[p.at].column > column {
		return nil, unclear{p.rows[p.at].line + 1, "it is indented more than what comes before"}
	}
	return n, nil
}

// item reads what stands behind a dash.
func (p *yamlParser) item(dash row) (*node, error) {
	p.at++
	if p.at < len(p.rows) && p.rows[p.at].column > dash.column {
		r := p.rows[p.at]
		if r.line > dash.line && !r.dash && !r.hasKey {
			return nil, unclear{r.line + 1, "a value stands alone on its line"}
		}
		if !r.dash && !r.hasKey {
			p.at++
			n, err := p.scalar(r)
			if n != nil {
				n.from = dash.line
			}
			return n, err
		}
		n, err := p.block(r.column)
		if err != nil {
			return nil, err
		}
		n.from = dash.line
		return n, nil
	}
	return &node{kind: scalarNode, column: dash.column, from: dash.line, to: dash.line + 1, empty: ""}, nil
}

// entry reads a key and its value.
func (p *yamlParser) entry(r row) (*node, error) {
	p.at++
	if r.text.from < r.text.to {
		n, err := p.scalar(r)
		if n != nil {
			n.key = r.key
		}
		return n, err
	}
	// A sequence may stand at the column of its key, everything else is deeper.
	if p.at < len(p.rows) && (p.rows[p.at].column > r.column || p.rows[p.at].dash && p.rows[p.at].column == r.column) {
		n, err := p.block(p.rows[p.at].column)
		if err != nil {
			return nil, err
		}
		n.key, n.from = r.key, r.line
		n.raw = r.text
		return n, nil
	}
	return &node{kind: mappingNode, key: r.key, column: r.column, from: r.line, to: r.line + 1, raw: r.text}, nil
}

// scalar reads the value of a row.
func (p *yamlParser) scalar(r row) (*node, error) {
	s := body(p.doc.lines[r.line])
	text := s[r.text.from:r.text.to]
	n := &node{kind: scalarNode, column: r.column, from: r.line, to: r.to, raw: r.text}
	switch {
	case r.block:
		n.kind = opaqueNode
	case text == "[]", text == "{}":
		n.kind, n.empty = opaqueNode, text
	case text[0] == '[':
		n.kind = sequenceNode
		items, _ := flowItems(s, r.text.from)
		for _, v := range items {
			n.children = append(n.children, &node{from: r.line, to: r.line + 1, value: v})
		}
	default:
		if text == "null" || text == "~" {
			n.empty = text
		}
		var ok bool
		if n.value, ok = decodeScalar(text); !ok {
			n.kind = opaqueNode // an escape in it: whole, but not compared
		}
	}
	if p.at < len(p.rows) && p.rows[p.at].column > r.column {
		return nil, unclear{p.rows[p.at].line + 1, "it is indented more than what comes before"}
	}
	return n, nil
}

// child is a key's value in a mapping, nil if there is none.
func (n *node) child(key string) *node {
	if n == nil || n.kind != mappingNode {
		return nil
	}
	for _, c := range n.children {
		if c.key == key {
			return c
		}
	}
	return nil
}

// text is the value of a key in a mapping, "" if it is no simple one.
func (n *node) text(key string) string {
	if c := n.child(key); c != nil && c.kind == scalarNode {
		return c.value
	}
	return ""
}

// A span is two columns of a line.
type span struct{ from, to int }
