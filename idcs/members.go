package idcs

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"
)

// composite stands for an object or an array, whose content nobody needs.
type composite struct{}

// members reads the members of a JSON object one by one: strings, json.Number, bool, nil, and
// composite. ok is whether body is one JSON object and nothing else.
//
// It walks tokens instead of decoding into a struct for three reasons: one member of the wrong type
// must not cost the others (a refresh token can be had once); encoding/json gives up at 10,000
// nested levels, and a successor may stand beside them; and its structs match names in any case.
// A member that comes twice: the last one counts, but a string refresh_token isn't lost to
// something that is none.
func members(body []byte) (m map[string]any, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	m = map[string]any{}
	for dec.More() {
		t, err := dec.Token()
		name, isName := t.(string)
		if err != nil || !isName {
			return nil, false
		}
		v, err := value(dec)
		if err != nil {
			return nil, false
		}
		if name == "refresh_token" && textOf(m[name]) != "" && textOf(v) == "" {
			continue
		}
		m[name] = v
	}
	if _, err := dec.Token(); err != nil { // the closing brace
		return nil, false
	}
	_, err := dec.Token()
	return m, err == io.EOF
}

// value reads one value and skips what is inside it.
func value(dec *json.Decoder) (any, error) {
	v, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if _, nested := v.(json.Delim); !nested {
		return v, nil
	}
	for depth := 1; depth > 0; {
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return composite{}, nil
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
