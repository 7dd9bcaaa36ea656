package kubectl

import "strings"

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

// reserved reports whether YAML 1.1 or 1.2 reads a word as something else than a string.
func reserved(s string) bool {
	switch strings.ToLower(s) {
	case "y", "yes", "n", "no", "on", "off", "true", "false", "null", "---":
		return true
	}
	return strings.Trim(s, "0123456789_.xobe+-") == ""
}
