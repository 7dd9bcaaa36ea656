package text

import (
	"strings"
	"unicode/utf8"
)

// Word is s as one word of a POSIX shell's command: as it is where that is safe, else quoted. What
// Clean takes out becomes `?` here too, since commands are shown on the same terminals: then it is a
// pattern that a person has to correct.
func Word(s string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_-./:@%+,=", r)
	}
	if s != "" && strings.TrimFunc(s, plain) == "" {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unprintable(r) {
			return '?'
		}
		return r
	}, s)
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
