package edit

import (
	"bytes"
	"errors"
	"io"
	"slices"
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

// lineStarts splits lines as the library does, after every line break of Unicode.
func lineStarts(b []byte) []int {
	at := 0
	if bytes.HasPrefix(b, []byte(bom)) {
		at = len(bom)
	}
	starts := []int{at}
	for i := at; i < len(b); {
		n := breakLength(b[i:])
		if n == 0 {
			i++
			continue
		}
		i += n
		starts = append(starts, i)
	}
	return starts
}

// breakLength is the length of the line break that a text begins with, 0 if it doesn't.
func breakLength(b []byte) int {
	for _, s := range []string{"\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"} {
		if bytes.HasPrefix(b, []byte(s)) {
			return len(s)
		}
	}
	return 0
}

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

// Line is the number of the line that an offset is in, from 0.
func (d *YAML) Line(at int) int {
	i, found := slices.BinarySearch(d.starts, at)
	if found {
		return i
	}
	return max(i-1, 0)
}

// LineStart is the offset of a line; for a number behind the last, the end of the text.
func (d *YAML) LineStart(line int) int {
	if line >= len(d.starts) {
		return len(d.B)
	}
	return d.starts[line]
}

// text is a line without its break.
func (d *YAML) text(line int) string {
	from, to := d.LineStart(line), d.LineStart(line+1)
	return strings.TrimRight(string(d.B[from:to]), "\r\n\u0085\u2028\u2029")
}

// Ending is how the lines end.
func (d *YAML) Ending() string { return Ending(d.B) }

// Head is the line behind "---", at which content may begin in a document without any.
func (d *YAML) Head() int {
	for i := range d.starts {
		if strings.HasPrefix(d.text(i), "---") {
			return i + 1
		}
	}
	return 0
}

// An Item is an element of a sequence in block style: the lines from its dash (From) to behind its last content (To),
// without comments that follow.
type Item struct {
	Node     *yaml.Node
	From, To int
}

// Items are the elements of a sequence in block style that is a value of the mapping at the margin.
func (d *YAML) Items(seq *yaml.Node) []Item {
	var list []Item
	for _, n := range seq.Content {
		line := min(n.Line, len(d.starts)) - 1
		for line > 0 && !d.dash(line, seq.Column-1) {
			line--
		}
		list = append(list, Item{Node: n, From: line})
	}
	end := d.after(seq)
	for i := len(list) - 1; i >= 0; i-- {
		list[i].To = d.trim(list[i], end)
		end = list[i].From
	}
	return list
}

// dash reports whether a line has a dash at a column, behind space.
func (d *YAML) dash(line, column int) bool {
	s := d.text(line)
	return len(s) > column && s[column] == '-' && strings.Trim(s[:column], " ") == "" && (len(s) == column+1 || s[column+1] == ' ' || s[column+1] == '\t')
}

// after is the line of the next key at the margin after a node, or the line behind the document.
func (d *YAML) after(n *yaml.Node) int {
	for i := 0; i < len(d.Root.Content); i += 2 {
		if k := d.Root.Content[i]; k.Line > n.Line || k.Line == n.Line && k.Column > n.Column {
			return k.Line - 1
		}
	}
	for i := n.Line; i < len(d.starts); i++ {
		if s := d.text(i); strings.HasPrefix(s, "...") && strings.Trim(s[3:], " \t") == "" {
			return i
		}
	}
	if d.starts[len(d.starts)-1] == len(d.B) { // the last line break ends the last line
		return len(d.starts) - 1
	}
	return len(d.starts)
}

// trim is the line behind an item's last content; end is the line of the next item.
func (d *YAML) trim(i Item, end int) int {
	last := i.Node
	for last.Kind != yaml.ScalarNode && last.Kind != yaml.AliasNode && len(last.Content) > 0 {
		last = last.Content[len(last.Content)-1]
	}
	if last.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		// A line that is indented like its first one is text, though it may look like a comment.
		to, indent := last.Line, -1
		for line := last.Line; line < end; line++ {
			s := d.text(line)
			rest := strings.TrimLeft(s, " ")
			if rest == "" {
				continue
			}
			if indent < 0 {
				indent = len(s) - len(rest)
			}
			if len(s)-len(rest) < indent {
				break
			}
			to = line + 1
		}
		return max(to, i.From+1)
	}
	for end > i.From+1 {
		s := strings.TrimLeft(d.text(end-1), " \t")
		if s != "" && s[0] != '#' {
			break
		}
		end--
	}
	return end
}

// ReplaceLines replaces whole lines. A text without a last line break has none afterwards, too. A CR alone is also a line
// break (YAML 5.4).
func (d *YAML) ReplaceLines(from, to int, with string) []byte {
	a, b := d.LineStart(from), d.LineStart(to)
	if b < len(d.B) || len(d.B) == 0 || bytes.HasSuffix(d.B, []byte("\n")) || bytes.HasSuffix(d.B, []byte("\r")) {
		return Splice(d.B, At(a, b), with)
	}
	end := d.Ending()
	if from >= to { // something new behind the last line
		return append(append(bytes.Clone(d.B), end...), strings.TrimSuffix(with, end)...)
	}
	out := Splice(d.B, At(a, b), with)
	return bytes.TrimSuffix(out, []byte(end))
}
