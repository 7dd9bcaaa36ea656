package idcs

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// composite stands for an object or an array, whose content is not needed.
type composite struct{}

// An object is what could be read of a JSON object: strings, json.Number, bool, nil, and composite. A
// member that comes twice: the last one counts, but a string refresh_token isn't lost to something
// that is none.
//
// It is read by hand because a refresh token can be had once: what is broken elsewhere in its object
// (a comma, an umlaut of another alphabet, a line break inside a text, the end) must not cost it.
// encoding/json gives up at the first such byte, and at 10,000 nested levels, and its structs match
// names in any case.
type object struct {
	members map[string]any
	whole   bool // its closing brace was there
	odd     bool // it isn't what RFC 8259 calls an object
	end     int  // behind it
}

func (o object) has(name string) bool { _, ok := o.members[name]; return ok }

func (o object) text(name string) string { return textOf(o.members[name]) }

// members reads the object that a text is. ok: it is one, to its closing brace; what is odd in it is
// passed over if there is something of OAuth in it. Before it may be a byte order mark and the
// bracket of an array; what follows doesn't count.
func members(body []byte) (m map[string]any, ok bool) {
	o := firstObject(body)
	if !o.whole || o.odd && !o.has("access_token") && !o.has("refresh_token") && !o.has("error") {
		return nil, false
	}
	return o.members, true
}

// firstObject is the object that the text begins with, or the zero object.
func firstObject(body []byte) object {
	rest := bytes.TrimPrefix(body, []byte("\ufeff"))
	rest = bytes.TrimLeft(rest, "\x00 \t\r\n[")
	if len(rest) == 0 || rest[0] != '{' {
		return object{}
	}
	return readObject(body, len(body)-len(rest))
}

// readObject reads the object whose brace is at body[at].
func readObject(body []byte, at int) object {
	o := object{members: map[string]any{}}
	s := scanner{body: body, at: at + 1}
	comma := true // where a comma or the end is due: false
	for {
		switch c := s.next(); {
		case s.ended:
			o.odd, o.end = true, len(body)
			return o
		case c == '}':
			o.whole, o.odd, o.end = true, s.odd || comma && len(o.members) > 0, s.at+1
			return o
		case c == ',':
			s.odd = s.odd || comma
			comma = true
			s.at++
		case c == '"':
			s.odd = s.odd || !comma
			comma = false
			s.at++
			s.member(o.members)
		default:
			s.odd = true
			s.at++
		}
	}
}

// A scanner reads JSON and goes on behind what is none.
type scanner struct {
	body  []byte
	at    int
	odd   bool
	ended bool
}

// next is the next byte that isn't white space.
func (s *scanner) next() byte {
	for ; s.at < len(s.body); s.at++ {
		switch c := s.body[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	s.ended = true
	return 0
}

// member reads a member behind the quote that opens its name. One that isn't whole isn't kept.
func (s *scanner) member(m map[string]any) {
	name, ok := s.text()
	if !ok {
		return
	}
	if s.next() != ':' {
		s.odd = true
		return
	}
	s.at++
	v, ok := s.value()
	if !ok || name == "refresh_token" && textOf(m[name]) != "" && textOf(v) == "" {
		return
	}
	m[name] = v
}

// value reads a value. ok: it is whole, as is seen by what follows.
func (s *scanner) value() (v any, ok bool) {
	switch c := s.next(); c {
	case '"':
		s.at++
		return s.text()
	case '{', '[':
		return composite{}, s.skip()
	}
	begin := s.at
	for s.at < len(s.body) && !strings.ContainsRune(" \t\r\n,:\"{}[]", rune(s.body[s.at])) {
		s.at++
	}
	if s.at == len(s.body) {
		s.ended = true
		return nil, false
	}
	switch word := string(s.body[begin:s.at]); {
	case word == "null":
		return nil, true
	case word == "true", word == "false":
		return word == "true", true
	case json.Valid([]byte(word)):
		return json.Number(word), true
	}
	s.odd = true
	return composite{}, true
}

// skip passes an object or an array. ok: its end was there.
func (s *scanner) skip() (ok bool) {
	for depth := 0; ; {
		c := s.next()
		if s.ended {
			return false
		}
		s.at++
		switch c {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return true
			}
		case '"':
			for ; s.at < len(s.body) && s.body[s.at] != '"'; s.at++ {
				if s.body[s.at] == '\\' {
					s.at++
				}
			}
			s.at++
		}
	}
}

// text reads a string behind its opening quote, up to the closing one, which must be there. What JSON
// forbids in it is kept as it came: it is odd, but a token's bytes are judged elsewhere.
func (s *scanner) text() (string, bool) {
	begin := s.at
	for ; s.at < len(s.body); s.at++ {
		switch c := s.body[s.at]; {
		case c == '"':
			t := string(s.body[begin:s.at])
			s.at++
			return t, true
		case c == '\\':
			return s.escapedText(begin)
		case c < 0x20:
			s.odd = true
		}
	}
	s.ended = true
	return "", false
}

// escapedText is text from the first escape on.
func (s *scanner) escapedText(begin int) (string, bool) {
	b := append([]byte(nil), s.body[begin:s.at]...)
	for s.at < len(s.body) {
		c := s.body[s.at]
		s.at++
		switch {
		case c == '"':
			return string(b), true
		case c != '\\':
			s.odd = s.odd || c < 0x20
			b = append(b, c)
			continue
		}
		if s.at == len(s.body) {
			break
		}
		c = s.body[s.at]
		s.at++
		switch c {
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			b = utf8.AppendRune(b, s.unit())
		default:
			s.odd = s.odd || c != '"' && c != '\\' && c != '/'
			b = append(b, c)
		}
	}
	s.ended = true
	return "", false
}

// unit reads the sign behind \u, which may need a second escape.
func (s *scanner) unit() rune {
	r, ok := s.hex()
	if !ok {
		s.odd = true
		return utf8.RuneError
	}
	if !utf16.IsSurrogate(r) {
		return r
	}
	before := s.at
	if bytes.HasPrefix(s.body[s.at:], []byte(`\u`)) {
		s.at += 2
		if low, ok := s.hex(); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			return utf16.DecodeRune(r, low)
		}
		s.at = before
	}
	return utf8.RuneError
}

func (s *scanner) hex() (rune, bool) {
	if s.at+4 > len(s.body) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.body[s.at:s.at+4]), 16, 16)
	if err != nil {
		return 0, false
	}
	s.at += 4
	return rune(n), true
}

// textOf is v if it is a string, else "".
func textOf(v any) string {
	s, _ := v.(string)
	return s
}

// number is v if it is a number, or a string that looks like a JSON number: a domain may quote
// expires_in. Out of range becomes an infinity; NaN never comes out.
func number(v any) (float64, bool) {
	var s string
	switch v := v.(type) {
	case json.Number:
		s = v.String()
	case string:
		s = strings.TrimSpace(v)
	}
	if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false // also keeps out what ParseFloat knows beyond JSON: hex, Inf, NaN, 1_000
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}
