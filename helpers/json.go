package helpers

import (
	"bytes"
	"encoding/json"
)

// AppendJSON appends s as a JSON string. "<" and "&" aren't escaped, as in PrintJSON. Only a string that needs escapes is
// written by encoding/json: without its reflection, docker's answer takes a twentieth less time.
func AppendJSON(b []byte, s string) []byte {
	if plain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	w := bytes.NewBuffer(b)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // neither a string nor a buffer fails
	return bytes.TrimSuffix(w.Bytes(), []byte("\n"))
}

// plain reports whether s is written in JSON without escapes.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || 0x7e < c || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// An Object is a JSON object as a client wrote it. Its keys are compared byte by byte: encoding/json would also fill a
// field "uri" from a key "URI", and the last one would count, so that a client and we could read different addresses from
// one request.
type Object map[string]json.RawMessage

// ParseObject reads one JSON object with nothing but white space behind it. It returns no error: one of the JSON package
// may quote a secret.
func ParseObject(b []byte) (o Object, ok bool) {
	return o, json.Unmarshal(b, &o) == nil && o != nil
}

// String is the string under key; empty if there is none, or another kind of value.
func (o Object) String(key string) string {
	var s string
	if json.Unmarshal(o[key], &s) != nil {
		return ""
	}
	return s
}

// Object is the object under key; nil if there is none, or another kind of value.
func (o Object) Object(key string) Object {
	inner, _ := ParseObject(o[key])
	return inner
}
