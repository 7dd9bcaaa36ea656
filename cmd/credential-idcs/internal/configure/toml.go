package configure

import (
	"errors"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A tomlDoc is a TOML text with the places of its values, so that a few bytes can be put in while all
// others stay. The parser is the one that reads our own configuration.
type tomlDoc struct {
	b      []byte
	values []tomlValue
	tables map[string]int // of each [header] the offset behind its line
}

// A tomlValue is a key and its value, those inside inline tables included.
type tomlValue struct {
	path   string // all parts, joined by tomlDot
	under  string // the header that it stands under
	line   span   // key, value and what is between them; of one inside an inline table that of the table
	inline bool   // it stands in an inline table
	kind   unstable.Kind
	raw    span   // of a String, quotes and all
	text   string // of a String
	items  []tomlItem
}

// A tomlItem is an element of an array.
type tomlItem struct {
	raw    span
	text   string
	isText bool
}

// tomlDot stands between the parts of a path: no key can hold it, since TOML has no NUL.
const tomlDot = "\x00"

func tomlPath(parts ...string) string { return strings.Join(parts, tomlDot) }

var errNotTOML = errors.New("it is not TOML")

func parseTOML(b []byte) (*tomlDoc, error) {
	if loneCR(b) {
		return nil, errNotTOML
	}
	d := &tomlDoc{b: b, tables: map[string]int{}}
	var p unstable.Parser
	p.Reset(b)
	under := ""
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			path, last := tomlKey(e)
			under = path
			d.tables[path] = d.lineEnd(last)
		case unstable.ArrayTable:
			path, _ := tomlKey(e)
			under = path + "[]"
		case unstable.KeyValue:
			line := spanOf(e.Raw)
			d.add(e, under, under, line, false)
		}
	}
	if p.Error() != nil { // what it says may quote a token
		return nil, errNotTOML
	}
	return d, nil
}

// add notes a key and its value, and those inside it.
func (d *tomlDoc) add(e *unstable.Node, prefix, under string, line span, inline bool) {
	key, _ := tomlKey(e)
	if prefix != "" {
		key = prefix + tomlDot + key
	}
	n := e.Value()
	v := tomlValue{path: key, under: under, line: line, inline: inline, kind: n.Kind}
	switch n.Kind {
	case unstable.String:
		v.raw, v.text = spanOf(n.Raw), string(n.Data)
	case unstable.Array:
		for it := n.Children(); it.Next(); {
			el := it.Node()
			v.items = append(v.items, tomlItem{raw: spanOf(el.Raw), text: string(el.Data), isText: el.Kind == unstable.String})
		}
	case unstable.InlineTable:
		for it := n.Children(); it.Next(); {
			d.add(it.Node(), key, under, line, true)
		}
	}
	d.values = append(d.values, v)
}

// tomlKey is a key's path, and the offset behind its last part.
func tomlKey(e *unstable.Node) (path string, end int) {
	var parts []string
	for it := e.Key(); it.Next(); {
		parts = append(parts, string(it.Node().Data))
		end = spanOf(it.Node().Raw).to
	}
	return tomlPath(parts...), end
}

func spanOf(r unstable.Range) span { return span{int(r.Offset), int(r.Offset + r.Length)} }

// lineEnd is the offset behind the line break that follows.
func (d *tomlDoc) lineEnd(at int) int {
	for at < len(d.b) && d.b[at] != '\n' {
		at++
	}
	return min(at+1, len(d.b))
}

// value is the one under a path; nil: there is none.
func (d *tomlDoc) value(path string) *tomlValue {
	for i := range d.values {
		if d.values[i].path == path {
			return &d.values[i]
		}
	}
	return nil
}

// splice puts s in the place of a span.
func splice(b []byte, at span, s string) []byte {
	return jsonDoc{b}.splice(at, s).b
}
