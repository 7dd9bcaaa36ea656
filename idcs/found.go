package idcs

import (
	"bytes"
	"encoding/json"
	"html"
	"net/url"
	"strings"
)

// tokenMembers is members for the answer to a grant, in which whatever arrived whole of a one-time
// token counts: in an object that was cut behind it, in one behind something else, within another, or
// in a text that is no longer JSON.
func tokenMembers(body []byte) (m map[string]any, ok bool) {
	o := firstObject(body)
	if o.text("refresh_token") != "" || o.whole && !o.odd && (o.text("access_token") != "" || o.text("error") != "") {
		return o.members, true
	}
	if m := successor(body); m != nil {
		return m, true
	}
	if o.whole && (o.has("access_token") || o.has("error")) {
		return members(body)
	}
	for at := range braces(body) {
		if at < o.end {
			continue // within an object that says nothing, it isn't an answer
		}
		if other := readObject(body, at); other.whole && other.text("access_token") != "" {
			return other.members, true
		}
	}
	return members(body)
}

// successor looks for a refresh token wherever it is, and for what is beside it. Nil: there is
// none.
func successor(body []byte) map[string]any {
	if !bytes.Contains(body, []byte("efresh")) && !bytes.Contains(body, []byte("EFRESH")) {
		return nil
	}
	views := [][]byte{body}
	for _, v := range [][]byte{unquoted(body), unquoted(unquoted(body)), bytes.ReplaceAll(body, []byte("'"), []byte(`"`)), []byte(html.UnescapeString(string(body)))} {
		if !bytes.Equal(v, body) {
			views = append(views, v)
		}
	}
	for _, v := range views {
		if m := inObject(v); m != nil {
			return m
		}
	}
	for _, v := range views {
		if m := scattered(v); m != nil {
			return m
		}
	}
	return inForm(body)
}

// unquoted is a JSON text that was put into a string of another, as a gateway does that takes it for one.
func unquoted(body []byte) []byte {
	return []byte(quotes.Replace(string(body)))
}

var quotes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\u0022`, `"`, `\u005c`, `\`, `\u005C`, `\`, `\/`, `/`)

// tries is how many braces are looked behind for the tokens of an answer that doesn't begin with them.
const tries = 32

// braces are the places of the first braces in a text.
func braces(body []byte) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for at, n := -1, 0; n < tries; n++ {
			i := bytes.IndexByte(body[at+1:], '{')
			if i < 0 {
				return
			}
			if at += 1 + i; !yield(at) {
				return
			}
		}
	}
}

// inObject is the object that holds a refresh token, from the last brace before its name backwards, else
// from the first one of the text.
func inObject(body []byte) map[string]any {
	if name := nameAt(body, "refresh_token", 0); name >= 0 {
		for at, n := name, 0; n < tries; n++ {
			if at = bytes.LastIndexByte(body[:at], '{'); at < 0 {
				break
			}
			if o := readObject(body, at); o.text("refresh_token") != "" {
				return o.members
			}
		}
	}
	for at := range braces(body) {
		if o := readObject(body, at); o.text("refresh_token") != "" {
			return o.members
		}
	}
	return nil
}

// scattered reads the members of an answer each for itself, since a quote or a backslash before them
// is wrong. Nil: there is no refresh token.
func scattered(body []byte) map[string]any {
	m := map[string]any{}
	for _, name := range []string{"access_token", "refresh_token", "id_token", "token_type", "scope", "error", "expires_in"} {
		if v := valueOf(body, name); v != nil {
			m[name] = v
		}
	}
	if m["refresh_token"] == nil {
		return nil
	}
	return m
}

// valueOf is what is behind the first occurrence of a name that has a string behind it, or a number; nil:
// there is none.
func valueOf(body []byte, name string) any {
	for at := nameAt(body, name, 0); at >= 0; at = nameAt(body, name, at+1) {
		rest := bytes.TrimLeft(body[at+len(name):], "\" \t\r\n")
		if len(rest) == 0 || rest[0] != ':' && rest[0] != '=' {
			continue
		}
		s := scanner{body: rest, at: 1}
		v, ok := s.value()
		switch v := v.(type) {
		case string:
			if ok && v != "" {
				return v
			}
		case json.Number:
			return v
		}
	}
	return nil
}

// nameAt is the next place of a member's name, in whatever case; -1: nowhere.
func nameAt(body []byte, name string, from int) int {
	for at := from; at+len(name) <= len(body); at++ {
		i := bytes.IndexAny(body[at:], name[:1]+strings.ToUpper(name[:1]))
		if at += i; i < 0 || at+len(name) > len(body) {
			break
		}
		inWord := at > 0 && wordByte(body[at-1]) // as in `x_refresh_token`
		if !inWord && strings.EqualFold(string(body[at:at+len(name)]), name) {
			return at
		}
	}
	return -1
}

func wordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// inForm reads an answer that is written like a request. Nil: it holds no refresh token.
func inForm(body []byte) map[string]any {
	form, err := url.ParseQuery(string(bytes.TrimSpace(body)))
	if err != nil || form.Get("refresh_token") == "" {
		return nil
	}
	m := map[string]any{}
	for name := range form {
		m[name] = form.Get(name)
	}
	return m
}
