package edit

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

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
