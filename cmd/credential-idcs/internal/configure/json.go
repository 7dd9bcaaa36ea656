package configure

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// A jsonDoc is a JSON text that can have members added and taken away while all other bytes stay.
type jsonDoc struct{ b []byte }

// A member is a name and a value of an object: offsets into the text.
type member struct {
	name     string // decoded
	key      span   // with its quotes
	value    span
	isObject bool
}

type span struct{ from, to int }

// An object is a JSON object: the offsets of its braces, to behind the closing one, and its members.
type object struct {
	span
	members []member
}

var (
	errNotJSON   = errors.New("it is not JSON")
	errNoObject  = errors.New("it holds no JSON object")
	errTwice     = errors.New("it has a member twice")
	errNotObject = errors.New("the value is no object")
)

// root is the object that the text is.
func (d jsonDoc) root() (object, error) {
	if !json.Valid(d.b) {
		return object{}, errNotJSON
	}
	at := skipSpace(d.b, 0)
	if d.b[at] != '{' {
		return object{}, errNoObject
	}
	return d.object(at)
}

// object scans the object that begins at an offset. The text is valid JSON, so little can be wrong
// with it; but a name that is there twice is an answer that depends on who reads.
func (d jsonDoc) object(at int) (object, error) {
	o := object{span: span{from: at}}
	seen := map[string]bool{}
	i := skipSpace(d.b, at+1)
	for d.b[i] != '}' {
		if d.b[i] == ',' {
			i = skipSpace(d.b, i+1)
		}
		m := member{key: span{i, skipValue(d.b, i)}}
		if err := json.Unmarshal(d.b[m.key.from:m.key.to], &m.name); err != nil {
			return object{}, errNotJSON
		}
		if seen[m.name] {
			return object{}, errTwice
		}
		seen[m.name] = true
		i = skipSpace(d.b, m.key.to) // the colon
		i = skipSpace(d.b, i+1)      // the value
		m.value = span{i, skipValue(d.b, i)}
		m.isObject = d.b[i] == '{'
		o.members = append(o.members, m)
		i = skipSpace(d.b, m.value.to)
	}
	o.to = i + 1
	return o, nil
}

func (o object) index(name string) int {
	for i, m := range o.members {
		if m.name == name {
			return i
		}
	}
	return -1
}

// text is the decoded value, if it is a string.
func (d jsonDoc) text(m member) (string, bool) {
	var s string
	raw := d.b[m.value.from:m.value.to]
	if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

// splice puts s in the place of a span.
func (d jsonDoc) splice(at span, s string) jsonDoc {
	return jsonDoc{append(append(append(make([]byte, 0, len(d.b)+len(s)), d.b[:at.from]...), s...), d.b[at.to:]...)}
}

// add puts a member behind the last one, spaced as that one is. In an object without members value
// comes right behind the brace, behind lead.
func (d jsonDoc) add(o object, name, value, lead string) jsonDoc {
	if len(o.members) == 0 {
		return d.splice(span{o.from + 1, o.from + 1}, lead+jsonString(name)+": "+value)
	}
	last := o.members[len(o.members)-1]
	return d.splice(span{last.value.to, last.value.to}, ","+d.spaceBefore(o, len(o.members)-1)+jsonString(name)+d.colon(last)+value)
}

// drop takes a member away, with the comma and the space that came with it.
func (d jsonDoc) drop(o object, i int) jsonDoc {
	m := o.members[i]
	switch {
	case i > 0:
		return d.splice(span{o.members[i-1].value.to, m.value.to}, "")
	case len(o.members) > 1:
		return d.splice(span{m.key.from, o.members[1].key.from}, "")
	}
	return d.splice(span{m.key.from, m.value.to}, "")
}

// spaceBefore is what stands between a member and the comma or brace before it.
func (d jsonDoc) spaceBefore(o object, i int) string {
	at := o.members[i].key.from
	from := at
	for from > o.from+1 && isSpace(d.b[from-1]) {
		from--
	}
	return string(d.b[from:at])
}

// colon is what stands between a member's name and its value.
func (d jsonDoc) colon(m member) string { return string(d.b[m.key.to:m.value.from]) }

// nested prints an object of one member as the value of a new member of o: on lines of its own if
// o's members stand on lines of their own, one step deeper than they, else on o's line.
func (d jsonDoc) nested(o object, name, value string) string {
	if len(o.members) == 0 {
		return "{" + jsonString(name) + ": " + value + "}"
	}
	last := len(o.members) - 1
	space, colon := d.spaceBefore(o, last), d.colon(o.members[last])
	nl := strings.LastIndexByte(space, '\n')
	if nl < 0 {
		return "{" + jsonString(name) + colon + value + "}"
	}
	// o's own closing brace shows how deep o is; what its members have more is one step.
	end := o.to - 1
	from := end
	for from > o.from && (d.b[from-1] == ' ' || d.b[from-1] == '\t') {
		from--
	}
	step := space[nl+1:]
	if outer := string(d.b[from:end]); d.b[from-1] == '\n' {
		step = strings.TrimPrefix(step, outer)
	}
	ending := "\n"
	if strings.Contains(space, "\r\n") {
		ending = "\r\n"
	}
	indent := ending + space[nl+1:]
	return "{" + indent + step + jsonString(name) + colon + value + indent + "}"
}

// jsonString is s as JSON; what < and > need in HTML they don't need here.
func jsonString(s string) string {
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

// blank is whether there is nothing but JSON's space: docker takes that for an empty file.
func blank(b []byte) bool { return skipSpace(b, 0) == len(b) }

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
