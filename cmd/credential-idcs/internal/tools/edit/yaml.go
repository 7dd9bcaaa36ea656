package edit

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// A YAML is a text of one YAML document with the offsets of its nodes. The library reads it, in block or flow style, with
// quotes and anchors, and returns where each node begins; a change adds or removes bytes there, and all others stay.
type YAML struct {
	B      []byte
	Root   *yaml.Node // the content; nil: none, only comments
	starts []int      // the offset of each line
}

// What is wrong with a text.
var (
	ErrNotYAML   = errors.New("it is not YAML")
	ErrDocuments = errors.New("it has several documents")
)

// ParseYAML reads a text. The library's own errors may quote it, so they aren't returned.
func ParseYAML(b []byte) (*YAML, error) {
	d := &YAML{B: b, starts: lineStarts(b)}
	decoder := yaml.NewDecoder(bytes.NewReader(b))
	var doc, more yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return d, nil
	case err != nil:
		return nil, ErrNotYAML
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, ErrDocuments
	}
	if !utf8.Valid(b) {
		return nil, ErrNotYAML // UTF-16, which the library reads too
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, ErrNotYAML
	}
	if root := doc.Content[0]; !isNothing(root) {
		d.Root = root
	}
	return d, nil
}

// isNothing reports whether a node is an empty value without a character of its own.
func isNothing(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style == 0 && n.Anchor == "" && n.ShortTag() == "!!null"
}

const bom = "\xef\xbb\xbf"

// Pos is the offset at which a node begins, with its anchor and tag.
func (d *YAML) Pos(n *yaml.Node) int {
	at := d.starts[min(n.Line, len(d.starts))-1]
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(d.B[at:])
		at += size
	}
	return at
}

// Start is the offset at which a node begins, behind its anchor and tag.
func (d *YAML) Start(n *yaml.Node) int {
	at := d.Pos(n)
	for at < len(d.B) && (d.B[at] == '&' && n.Kind != yaml.AliasNode || d.B[at] == '!') {
		for at < len(d.B) && !isSpace(d.B[at]) {
			at++
		}
		at = d.skip(at)
	}
	return at
}

// skip is the offset behind space, line breaks and comments.
func (d *YAML) skip(at int) int {
	for at < len(d.B) {
		switch n := breakLength(d.B[at:]); {
		case n > 0:
			at += n
		case d.B[at] == ' ', d.B[at] == '\t':
			at++
		case d.B[at] == '#' && (at == 0 || isSpace(d.B[at-1])):
			for at < len(d.B) && breakLength(d.B[at:]) == 0 {
				at++
			}
		default:
			return at
		}
	}
	return at
}

// IsFlow reports whether a mapping or sequence is written in braces or brackets.
func IsFlow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }

// End is the offset behind a scalar, an alias, or a mapping or sequence in flow style. ok is false for others, which end
// with a line.
func (d *YAML) End(n *yaml.Node) (end int, ok bool) {
	at := d.Start(n)
	switch {
	case n.Kind == yaml.AliasNode:
		return at + 1 + len(n.Value), true
	case n.Kind == yaml.ScalarNode:
		return d.scalarEnd(n, at)
	case !IsFlow(n):
		return 0, false
	}
	at++ // the brace
	for _, c := range n.Content {
		if isNothing(c) {
			continue
		}
		if at, ok = d.End(c); !ok {
			return 0, false
		}
	}
	for at = d.skip(at); at < len(d.B); at = d.skip(at + 1) {
		switch d.B[at] {
		case '}', ']':
			return at + 1, true
		case ',', ':':
		default:
			return 0, false
		}
	}
	return 0, false
}

func (d *YAML) scalarEnd(n *yaml.Node, at int) (int, bool) {
	switch {
	case isNothing(n):
		return at, true
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return 0, false
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return quotedEnd(d.B, at)
	}
	// A plain scalar is written like its value, but a space in it may be line breaks.
	rest := n.Value
	for rest != "" {
		word := strings.IndexFunc(rest, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' })
		if word < 0 {
			word = len(rest)
		}
		if !bytes.HasPrefix(d.B[at:], []byte(rest[:word])) {
			return 0, false
		}
		at += word
		if rest = strings.TrimLeft(rest[word:], " \t\n"); rest != "" {
			for at < len(d.B) && (isSpace(d.B[at]) || breakLength(d.B[at:]) > 0) {
				at += max(1, breakLength(d.B[at:]))
			}
		}
	}
	return at, true
}

// quotedEnd is the offset behind the closing quote.
func quotedEnd(b []byte, at int) (int, bool) {
	q := b[at]
	for i := at + 1; i < len(b); i++ {
		switch {
		case q == '"' && b[i] == '\\':
			i++
		case q == '\'' && b[i] == q && i+1 < len(b) && b[i+1] == q:
			i++
		case b[i] == q:
			return i + 1, true
		}
	}
	return 0, false
}

// Child is the key of a name and its value in a mapping; nil: there is none.
//
//go:noinline
func Child(n *yaml.Node, name string) (key, value *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; k.Kind == yaml.ScalarNode && k.Value == name {
			return k, n.Content[i+1]
		}
	}
	return nil, nil
}
