package edit

import (
	"bytes"
	"errors"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A TOML is a TOML text with the offsets of its values, so that a few bytes can be changed while all others stay. Package
// config uses the same parser.
type TOML struct {
	B      []byte
	Values []TOMLValue
	Tables map[string]int // of each [header] the offset behind its line
}

// A TOMLValue is a key and its value, those inside inline tables included.
type TOMLValue struct {
	Path   string // all parts, joined by TOMLDot
	Under  string // the path of its header
	Table  int    // the number of its header from the top: several [[arrays]] have one path
	Line   Span   // key, value and the text between them; inside an inline table, that of the table
	Inline bool   // it is in an inline table
	Kind   unstable.Kind
	Raw    Span   // of a String, with its quotes
	Text   string // of a String or a Bool
	Items  []TOMLItem
}

// A TOMLItem is an element of an array.
type TOMLItem struct {
	Raw    Span
	Text   string
	IsText bool
}

// TOMLDot separates the parts of a path: no key can have it, since TOML allows no NUL.
const TOMLDot = "\x00"

// TOMLPath is the path of some parts.
func TOMLPath(parts ...string) string { return strings.Join(parts, TOMLDot) }

// ErrNotTOML is a text that isn't TOML.
var ErrNotTOML = errors.New("it is not TOML")

// ParseTOML reads a text.
func ParseTOML(b []byte) (*TOML, error) {
	if LoneCR(b) {
		return nil, ErrNotTOML
	}
	d := &TOML{B: b, Tables: map[string]int{}}
	text := b
	if bytes.HasPrefix(b, []byte(bom)) { // Windows editors write it, and the parser refuses it; with spaces all offsets stay
		text = append([]byte("   "), b[len(bom):]...)
	}
	var p unstable.Parser
	p.Reset(text)
	under, table := "", 0
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			path, last := tomlKey(e)
			under = path
			table++
			d.Tables[path] = d.LineEnd(last)
		case unstable.ArrayTable:
			path, _ := tomlKey(e)
			under = path + "[]"
			table++
		case unstable.KeyValue:
			at := TOMLValue{Under: under, Table: table, Line: spanOf(e.Raw)}
			d.add(e, under, at)
		}
	}
	if p.Error() != nil { // it may quote a token
		return nil, ErrNotTOML
	}
	return d, nil
}

// add adds a key and its value, and those inside it.
func (d *TOML) add(e *unstable.Node, prefix string, v TOMLValue) {
	key, _ := tomlKey(e)
	if prefix != "" {
		key = prefix + TOMLDot + key
	}
	n := e.Value()
	v.Path, v.Kind = key, n.Kind
	switch n.Kind {
	case unstable.String:
		v.Raw, v.Text = spanOf(n.Raw), string(n.Data)
	case unstable.Bool:
		v.Text = string(n.Data)
	case unstable.Array:
		for it := n.Children(); it.Next(); {
			el := it.Node()
			v.Items = append(v.Items, TOMLItem{Raw: spanOf(el.Raw), Text: string(el.Data), IsText: el.Kind == unstable.String})
		}
	case unstable.InlineTable:
		for it := n.Children(); it.Next(); {
			d.add(it.Node(), key, TOMLValue{Under: v.Under, Table: v.Table, Line: v.Line, Inline: true})
		}
	}
	d.Values = append(d.Values, v)
}

// tomlKey is a key's path, and the offset behind its last part.
func tomlKey(e *unstable.Node) (path string, end int) {
	var parts []string
	for it := e.Key(); it.Next(); {
		parts = append(parts, string(it.Node().Data))
		end = spanOf(it.Node().Raw).To
	}
	return TOMLPath(parts...), end
}

func spanOf(r unstable.Range) Span { return Span{int(r.Offset), int(r.Offset + r.Length)} }

// LineEnd is the offset behind the line break that follows.
func (d *TOML) LineEnd(at int) int {
	for at < len(d.B) && d.B[at] != '\n' {
		at++
	}
	return min(at+1, len(d.B))
}

// Value is the value at a path; nil: there is none.
func (d *TOML) Value(path string) *TOMLValue {
	for i := range d.Values {
		if d.Values[i].Path == path {
			return &d.Values[i]
		}
	}
	return nil
}

// Splice replaces a span by s.
func Splice(b []byte, at Span, s string) []byte {
	return JSON{b}.Splice(at, s).B
}
