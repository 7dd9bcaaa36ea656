package kubectl

import "strings"

// keyLength is the length of a plain key before a colon, 0 if there is none. Plain here is what
// keys of kubeconfigs are made of.
func keyLength(s string) int {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ':' && (i+1 == len(s) || s[i+1] == ' '):
			return i
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_':
		case i > 0 && (c == '-' || c == '.' || c == '/'):
		default:
			return 0
		}
	}
	return 0
}

// valueEnd is where the value that begins at a column ends, before space and comment; why says
// what isn't understood.
func valueEnd(s string, at int) (end int, block bool, why string) {
	if at >= len(s) || s[at] == '#' {
		return at, false, ""
	}
	switch s[at] {
	case '"', '\'':
		end = quotedEnd(s, at)
		if end < 0 {
			return 0, false, "a quoted value goes over several lines"
		}
	case '[', '{':
		if end = flowEnd(s, at); end < 0 {
			return 0, false, "a value in flow style that is too rich, or goes over several lines"
		}
	case '|', '>':
		end = at + 1
		if end < len(s) && (s[end] == '-' || s[end] == '+') {
			end++
		}
		block = true
	case '&', '*', '!':
		return 0, false, "there is an anchor, an alias or a tag"
	case '@', '`', '%', ',', ']', '}':
		return 0, false, "a value begins with a character that must be quoted"
	default:
		if strings.HasPrefix(s[at:], "- ") || strings.HasPrefix(s[at:], "? ") || strings.HasPrefix(s[at:], ": ") || s[at:] == "-" || s[at:] == "?" || s[at:] == ":" {
			return 0, false, "a value begins like a sequence or a key"
		}
		end = len(s)
		if i := strings.Index(s[at:], " #"); i >= 0 {
			end = at + i
		}
		plain := strings.TrimRight(s[at:end], " ")
		if strings.Contains(plain, ": ") || strings.HasSuffix(plain, ":") {
			return 0, false, "a value has a colon in it"
		}
		return at + len(plain), false, ""
	}
	if rest := strings.TrimLeft(s[end:], " "); rest != "" && (rest[0] != '#' || rest == s[end:]) {
		return 0, false, "something stands behind a value"
	}
	return end, block, ""
}

// quotedEnd is the offset behind the closing quote, -1 if that isn't on the line.
func quotedEnd(s string, at int) int {
	q := s[at]
	for i := at + 1; i < len(s); i++ {
		switch {
		case q == '"' && s[i] == '\\':
			i++
		case q == '\'' && s[i] == q && i+1 < len(s) && s[i+1] == q:
			i++
		case s[i] == q:
			return i + 1
		}
	}
	return -1
}

// flowEnd is the offset behind a value in flow style, -1 if it isn't an empty one or a list of
// simple values on this line.
func flowEnd(s string, at int) int {
	if strings.HasPrefix(s[at:], "{}") || strings.HasPrefix(s[at:], "[]") {
		return at + 2
	}
	if s[at] == '{' {
		return -1
	}
	_, end := flowItems(s, at)
	return end
}

// flowItems are the values of a list like [kubectl, --profile, 'my work'].
func flowItems(s string, at int) (items []string, end int) {
	for i := at + 1; ; {
		for i < len(s) && s[i] == ' ' {
			i++
		}
		from := i
		if i < len(s) && (s[i] == '"' || s[i] == '\'') {
			if i = quotedEnd(s, i); i < 0 {
				return nil, -1
			}
		} else {
			for i < len(s) && strings.IndexByte(",[]{}#&*!|>'\"%@`?: ", s[i]) < 0 {
				i++
			}
		}
		item, ok := decodeScalar(s[from:i])
		for i < len(s) && s[i] == ' ' {
			i++
		}
		if !ok || from == i || i == len(s) || s[from:i] == "-" {
			return nil, -1
		}
		items = append(items, item)
		switch s[i] {
		case ',':
			i++
		case ']':
			return items, i + 1
		default:
			return nil, -1
		}
	}
}

// decodeScalar is the text of a plain or quoted value without escapes.
func decodeScalar(s string) (string, bool) {
	switch {
	case s == "":
		return "", false
	case s[0] == '\'':
		return strings.ReplaceAll(s[1:len(s)-1], "''", "'"), true
	case s[0] == '"':
		return s[1 : len(s)-1], !strings.Contains(s, `\`)
	}
	return s, true
}

// encodeScalar is s as a YAML value on one line.
func encodeScalar(s string) string {
	plain := s != "" && !reserved(s) && (letter(s[0]) || s[0] == '/' || strings.HasPrefix(s, "--"))
	for i := 0; plain && i < len(s); i++ {
		plain = letter(s[i]) || '0' <= s[i] && s[i] <= '9' || strings.IndexByte("-_./@", s[i]) >= 0
	}
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// reserved is whether YAML 1.1 or 1.2 takes a word for something else than text.
func reserved(s string) bool {
	switch strings.ToLower(s) {
	case "y", "yes", "n", "no", "on", "off", "true", "false", "null", "---":
		return true
	}
	return strings.Trim(s, "0123456789_.xobe+-") == ""
}
