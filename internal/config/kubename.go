package config

import (
	"strings"
)

// dnsName reports whether Kubernetes accepts a name by RFC 1123: a label, or with dots several.
func dnsName(s string, limit int, dots bool) bool {
	if s == "" || len(s) > limit {
		return false
	}
	parts := []string{s}
	if dots {
		parts = strings.Split(s, ".")
	}
	for _, p := range parts {
		if p == "" || p[0] == '-' || p[len(p)-1] == '-' || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

// qualified reports whether Kubernetes accepts the name of a label or an annotation: [PREFIX/]NAME.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
func qualified(s string) bool {
	if prefix, name, ok := strings.Cut(s, "/"); ok {
		return dnsName(prefix, 253, true) && word(name)
	}
	return word(s)
}

// word reports whether s is up to 63 letters, digits, -, _ and ., with a letter or digit at both ends.
func word(s string) bool {
	if s == "" || len(s) > 63 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && (i == 0 || i == len(s)-1 || !strings.ContainsRune("-_.", rune(c))) {
			return false
		}
	}
	return true
}
