package configure

import (
	"fmt"
	"strings"
	"unicode/utf8"
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
	d := yamlDoc{lines: lines(b)}
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

// checkBytes refuses what YAML readers take for line breaks and what they don't take at all.
func (d yamlDoc) checkBytes(b []byte) error {
	for i, l := range d.lines {
		for _, r := range body(l) {
			switch {
			case r == '\r', r == 0x85, r == 0x2028, r == 0x2029:
				return unclear{i + 1, "there is a line break that not everybody takes for one"}
			case r == '\t':
				return unclear{i + 1, "there is a tab"}
			case r < ' ', 0x7f <= r && r < 0xa0, r == 0xfeff, r == 0xfffe, r == 0xffff:
				return unclear{i + 1, "there is a control character"}
			}
		}
	}
	if !utf8.Valid(b) {
		return unclear{1, "the file is not UTF-8"}
	}
	return nil
}

// body is a line without its ending.
func body(line string) string {
	if s, ok := strings.CutSuffix(line, "\r\n"); ok {
		return s
	}
	return strings.TrimSuffix(line, "\n")
}

// A row is a line with content: a key, a value, or both behind dashes. Dashes are rows of their
// own, so that "- name: x" is two.
type row struct {
	line   int
	column int // runes don't matter: keys are indented by spaces
	dash   bool
	key    string
	hasKey bool
	text   span // of the value, without comment; empty if there is none
	block  bool // the value is a block scalar's header
	to     int  // line behind the row, its block scalar included
}

type yamlParser struct {
	doc  *yamlDoc
	rows []row
	at   int
}

// scan makes rows of lines.
func (p *yamlParser) scan() error {
	lines := p.doc.lines
	for i := 0; i < len(lines); i++ {
		s := body(lines[i])
		column := len(s) - len(strings.TrimLeft(s, " "))
		rest := s[column:]
		switch {
		case rest == "" || rest[0] == '#':
			continue
		case column == 0 && strings.HasPrefix(s, "---"):
			if len(p.rows) > 0 || strings.TrimRight(s, " ") != "---" || i > 0 && p.started(i) || !strings.HasSuffix(lines[i], "\n") {
				return unclear{i + 1, "there are several documents, or something behind ---"}
			}
			continue
		case column == 0 && (strings.HasPrefix(s, "...") || s[0] == '%'):
			return unclear{i + 1, "there is a directive or an end of document"}
		}
		parent := column // the column that a block scalar must be deeper than
		for rest == "-" || strings.HasPrefix(rest, "- ") {
			p.rows = append(p.rows, row{line: i, column: column, dash: true, to: i + 1})
			parent = column
			rest = strings.TrimLeft(rest[1:], " ")
			column = len(s) - len(rest)
		}
		if rest == "" || rest[0] == '#' {
			continue
		}
		r, err := p.content(i, column, s)
		if err != nil {
			return err
		}
		if r.hasKey {
			parent = column
		}
		if r.block {
			i = p.skipBlock(i+1, parent) - 1
			r.to = i + 1
		}
		p.rows = append(p.rows, r)
	}
	return nil
}

// started is whether a "---" came before a line.
func (p *yamlParser) started(before int) bool {
	for _, l := range p.doc.lines[:before] {
		if strings.HasPrefix(l, "---") {
			return true
		}
	}
	return false
}

// skipBlock is the line behind a block scalar that begins at a line: the first with content that
// isn't deeper than the parent. Blank lines at its end may belong to it; for us they belong to
// nobody.
func (p *yamlParser) skipBlock(i, parent int) int {
	end := i
	for ; i < len(p.doc.lines); i++ {
		s := body(p.doc.lines[i])
		rest := strings.TrimLeft(s, " ")
		if rest == "" {
			continue
		}
		if len(s)-len(rest) <= parent {
			break
		}
		end = i + 1
	}
	return end
}

// content reads KEY: VALUE, KEY: or VALUE from a column on.
func (p *yamlParser) content(line, column int, s string) (row, error) {
	r := row{line: line, column: column, to: line + 1}
	at := column
	if n := keyLength(s[column:]); n > 0 {
		r.key, r.hasKey = s[column:column+n], true
		at = column + n + 1
		if reserved(r.key) {
			return r, unclear{line + 1, "a key is no text"}
		}
	}
	for at < len(s) && s[at] == ' ' {
		at++
	}
	end, block, why := valueEnd(s, at)
	if why != "" {
		return r, unclear{line + 1, why}
	}
	r.text, r.block = span{at, end}, block
	if block && !r.hasKey && len(p.rows) > 0 && !p.rows[len(p.rows)-1].dash {
		return r, unclear{line + 1, "a block of text without a key"}
	}
	return r, nil
}

// keyLength is the length of a plain key before a colon, 0 if there is none. Plain here is what
// keys of kubeconfigs are made of.
func keyLength(s string) int {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ':' && (i+1 == len(s) || s[i+1] == ' '):
			return i
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_':
		case i > 0 && (c == '-' || c == '.' || c == '/'):
		default:
			return 0
		}
	}
	return 0
}

// valueEnd is where the value that begins at a column ends, before space and comment; why says
// what isn't understood.
func valueEnd(s string, at int) (end int, block bool, why string) {
	if at >= len(s) || s[at] == '#' {
		return at, false, ""
	}
	switch s[at] {
	case '"', '\'':
		end = quotedEnd(s, at)
		if end < 0 {
			return 0, false, "a quoted value goes over several lines"
		}
	case '[', '{':
		if end = flowEnd(s, at); end < 0 {
			return 0, false, "a value in flow style that is too rich, or goes over several lines"
		}
	case '|', '>':
		end = at + 1
		if end < len(s) && (s[end] == '-' || s[end] == '+') {
			end++
		}
		block = true
	case '&', '*', '!':
		return 0, false, "there is an anchor, an alias or a tag"
	case '@', '`', '%', ',', ']', '}':
		return 0, false, "a value begins with a character that must be quoted"
	default:
		if strings.HasPrefix(s[at:], "- ") || strings.HasPrefix(s[at:], "? ") || strings.HasPrefix(s[at:], ": ") || s[at:] == "-" || s[at:] == "?" || s[at:] == ":" {
			return 0, false, "a value begins like a sequence or a key"
		}
		end = len(s)
		if i := strings.Index(s[at:], " #"); i >= 0 {
			end = at + i
		}
		plain := strings.TrimRight(s[at:end], " ")
		if strings.Contains(plain, ": ") || strings.HasSuffix(plain, ":") {
			return 0, false, "a value has a colon in it"
		}
		return at + len(plain), false, ""
	}
	if rest := strings.TrimLeft(s[end:], " "); rest != "" && (rest[0] != '#' || rest == s[end:]) {
		return 0, false, "something stands behind a value"
	}
	return end, block, ""
}

// quotedEnd is the offset behind the closing quote, -1 if that isn't on the line.
func quotedEnd(s string, at int) int {
	q := s[at]
	for i := at + 1; i < len(s); i++ {
		switch {
		case q == '"' && s[i] == '\\':
			i++
		case q == '\'' && s[i] == q && i+1 < len(s) && s[i+1] == q:
			i++
		case s[i] == q:
			return i + 1
		}
	}
	return -1
}

// flowEnd is the offset behind a value in flow style, -1 if it isn't an empty one or a list of
// simple values on this line.
func flowEnd(s string, at int) int {
	if strings.HasPrefix(s[at:], "{}") || strings.HasPrefix(s[at:], "[]") {
		return at + 2
	}
	if s[at] == '{' {
		return -1
	}
	_, end := flowItems(s, at)
	return end
}

// flowItems are the values of a list like [kubectl, --profile, 'my work'].
func flowItems(s string, at int) (items []string, end int) {
	for i := at + 1; ; {
		for i < len(s) && s[i] == ' ' {
			i++
		}
		from := i
		if i < len(s) && (s[i] == '"' || s[i] == '\'') {
			if i = quotedEnd(s, i); i < 0 {
				return nil, -1
			}
		} else {
			for i < len(s) && strings.IndexByte(",[]{}#&*!|>'\"%@`?: ", s[i]) < 0 {
				i++
			}
		}
		item, ok := decodeScalar(s[from:i])
		for i < len(s) && s[i] == ' ' {
			i++
		}
		if !ok || from == i || i == len(s) || s[from:i] == "-" {
			return nil, -1
		}
		items = append(items, item)
		switch s[i] {
		case ',':
			i++
		case ']':
			return items, i + 1
		default:
			return nil, -1
		}
	}
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

// decodeScalar is the text of a plain or quoted value without escapes.
func decodeScalar(s string) (string, bool) {
	switch {
	case s == "":
		return "", false
	case s[0] == '\'':
		return strings.ReplaceAll(s[1:len(s)-1], "''", "'"), true
	case s[0] == '"':
		return s[1 : len(s)-1], !strings.Contains(s, `\`)
	}
	return s, true
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

// encodeScalar is s as a YAML value on one line.
func encodeScalar(s string) string {
	plain := s != "" && !reserved(s) && (letter(s[0]) || s[0] == '/' || strings.HasPrefix(s, "--"))
	for i := 0; plain && i < len(s); i++ {
		plain = letter(s[i]) || '0' <= s[i] && s[i] <= '9' || strings.IndexByte("-_./@", s[i]) >= 0
	}
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// reserved is whether YAML 1.1 or 1.2 takes a word for something else than text.
func reserved(s string) bool {
	switch strings.ToLower(s) {
	case "y", "yes", "n", "no", "on", "off", "true", "false", "null", "---":
		return true
	}
	return strings.Trim(s, "0123456789_.xobe+-") == ""
}

// join is the text again; never nil, which would mean that there is no file.
func (d yamlDoc) join() []byte { return []byte(strings.Join(d.lines, "")) }
