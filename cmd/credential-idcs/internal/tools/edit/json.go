package edit

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// A JSON is a JSON text whose members can be added and removed while all other bytes stay.
type JSON struct{ B []byte }

// A Member is a name and a value of an object: offsets into the text.
type Member struct {
	Name     string // decoded
	Key      Span   // with its quotes
	Value    Span
	IsObject bool
}

// A Span is two offsets into a text.
type Span struct{ From, To int }

// At is the Span between two offsets.
func At(from, to int) Span { return Span{from, to} }

// An Object is a JSON object: the offsets of its braces, to behind the closing one, and its members.
type Object struct {
	Span
	Members []Member
}

// What is wrong with a text.
var (
	ErrNotJSON   = errors.New("it is not JSON")
	ErrNoObject  = errors.New("it holds no JSON object")
	ErrTwice     = errors.New("it has a member twice")
	ErrNotObject = errors.New("the value is no object")
)

// Root is the object that the text is.
func (d JSON) Root() (Object, error) {
	if !json.Valid(d.B) {
		return Object{}, ErrNotJSON
	}
	at := skipSpace(d.B, 0)
	if d.B[at] != '{' {
		return Object{}, ErrNoObject
	}
	return d.Object(at)
}

// Object reads the object that begins at an offset of a valid text. A name that is there twice is refused: parsers differ
// in which of them counts.
func (d JSON) Object(at int) (Object, error) {
	o := Object{Span: Span{From: at}}
	seen := map[string]bool{}
	i := skipSpace(d.B, at+1)
	for d.B[i] != '}' {
		if d.B[i] == ',' {
			i = skipSpace(d.B, i+1)
		}
		m := Member{Key: Span{i, skipValue(d.B, i)}}
		if err := json.Unmarshal(d.B[m.Key.From:m.Key.To], &m.Name); err != nil {
			return Object{}, ErrNotJSON
		}
		if seen[m.Name] {
			return Object{}, ErrTwice
		}
		seen[m.Name] = true
		i = skipSpace(d.B, m.Key.To) // the colon
		i = skipSpace(d.B, i+1)      // the value
		m.Value = Span{i, skipValue(d.B, i)}
		m.IsObject = d.B[i] == '{'
		o.Members = append(o.Members, m)
		i = skipSpace(d.B, m.Value.To)
	}
	o.To = i + 1
	return o, nil
}

// Index is the member of a name; -1: there is none.
func (o Object) Index(name string) int {
	for i, m := range o.Members {
		if m.Name == name {
			return i
		}
	}
	return -1
}

// Text is the decoded value, if it is a string.
func (d JSON) Text(m Member) (string, bool) {
	var s string
	raw := d.B[m.Value.From:m.Value.To]
	if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

// Splice replaces a span by s. Inlined into its sixty callers it would be 40 KB of the program.
//
//go:noinline
func (d JSON) Splice(at Span, s string) JSON {
	return JSON{append(append(append(make([]byte, 0, len(d.B)+len(s)), d.B[:at.From]...), s...), d.B[at.To:]...)}
}

// Add adds a member after the last one, spaced like that. In an empty object it follows the brace and lead.
func (d JSON) Add(o Object, name, value, lead string) JSON {
	if len(o.Members) == 0 {
		return d.Splice(Span{o.From + 1, o.From + 1}, lead+JSONString(name)+": "+value)
	}
	last := o.Members[len(o.Members)-1]
	return d.Splice(Span{last.Value.To, last.Value.To}, ","+d.SpaceBefore(o, len(o.Members)-1)+JSONString(name)+d.colon(last)+value)
}

// Drop removes a member, with the comma and the space before it.
func (d JSON) Drop(o Object, i int) JSON {
	m := o.Members[i]
	switch {
	case i > 0:
		return d.Splice(Span{o.Members[i-1].Value.To, m.Value.To}, "")
	case len(o.Members) > 1:
		return d.Splice(Span{m.Key.From, o.Members[1].Key.From}, "")
	}
	return d.Splice(Span{m.Key.From, m.Value.To}, "")
}

// SpaceBefore is the space between a member and the comma or brace before it.
func (d JSON) SpaceBefore(o Object, i int) string {
	at := o.Members[i].Key.From
	from := at
	for from > o.From+1 && isSpace(d.B[from-1]) {
		from--
	}
	return string(d.B[from:at])
}

// colon is the text between a member's name and its value.
func (d JSON) colon(m Member) string { return string(d.B[m.Key.To:m.Value.From]) }

// Nested is an object of one member as the value of a new member of o: on lines of its own, one step deeper, if o's members
// are on lines of their own; else on o's line.
func (d JSON) Nested(o Object, name, value string) string {
	if len(o.Members) == 0 {
		return "{" + JSONString(name) + ": " + value + "}"
	}
	last := len(o.Members) - 1
	space, colon := d.SpaceBefore(o, last), d.colon(o.Members[last])
	nl := strings.LastIndexByte(space, '\n')
	if nl < 0 {
		return "{" + JSONString(name) + colon + value + "}"
	}
	// The indent of o's closing brace is o's; what its members have more is one step.
	end := o.To - 1
	from := end
	for from > o.From && (d.B[from-1] == ' ' || d.B[from-1] == '\t') {
		from--
	}
	step := space[nl+1:]
	if outer := string(d.B[from:end]); d.B[from-1] == '\n' {
		step = strings.TrimPrefix(step, outer)
	}
	ending := "\n"
	if strings.Contains(space, "\r\n") {
		ending = "\r\n"
	}
	indent := ending + space[nl+1:]
	return "{" + indent + step + JSONString(name) + colon + value + indent + "}"
}

// JSONString is s as JSON. "<", ">" and "&" aren't escaped.
func JSONString(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always can be
	return strings.TrimSuffix(b.String(), "\n")
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

// Blank reports whether b has only white space, which docker reads as an empty file.
func Blank(b []byte) bool { return skipSpace(b, 0) == len(b) }

// skipValue is the offset behind the value that begins at i, in valid JSON.
func skipValue(b []byte, i int) int {
	depth := 0
	for {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			i++
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':':
			i++ // inside only: a value doesn't begin with one
		default:
			if isSpace(b[i]) {
				i++
				continue
			}
			for i < len(b) && !isSpace(b[i]) && b[i] != ',' && b[i] != '}' && b[i] != ']' {
				i++ // a number or a word
			}
		}
		if depth == 0 {
			return i
		}
	}
}
