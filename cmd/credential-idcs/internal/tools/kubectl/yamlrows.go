package kubectl

import (
	"strings"
	"unicode/utf8"
)

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
