package helpers

import "encoding/json"

// An Object is a JSON object as a client wrote it. Its keys are what they are to the byte:
// encoding/json would also fill a field "uri" from a key "URI", and the last one wins, so that a
// client and we could read two different places from one request.
type Object map[string]json.RawMessage

// ParseObject reads one JSON object with nothing but white space behind it. It tells no more than
// whether there was one: what the JSON package says of a mistake may quote a secret.
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
