package text

import (
	"strings"
	"unicode/utf8"
)

// Word is s as one word of a command for the person's own shell, PowerShell on Windows: as it is if that is safe, else
// quoted. Characters that Clean replaces become `?` here, too; the person has to correct that.
//
//go:noinline
func Word(s string) string { return here.word(s) }

// PosixWord is Word for a POSIX shell, on every system: git and make run their commands with one on
// Windows too.
func PosixWord(s string) string { return posix.word(s) }

func posixWord(s string) string {
	if isPlain(s, "_-./:@%+,=") {
		return s
	}
	return "'" + strings.ReplaceAll(printable(s), "'", `'\''`) + "'"
}

// powershellWord quotes as PowerShell needs it: a backslash is an ordinary character, a comma and a leading @ or %
// aren't, and four other characters count as a single quote, too.
// https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
func powershellWord(s string) string {
	if isPlain(s, `_-./:\+=`) {
		return s
	}
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range printable(s) {
		if strings.ContainsRune("'\u2018\u2019\u201a\u201b", r) {
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	b.WriteByte('\'')
	return b.String()
}

// isPlain reports whether s is a word of letters, digits and some others.
func isPlain(s, others string) bool {
	return s != "" && strings.TrimFunc(s, func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(others, r)
	}) == ""
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unprintable(r) {
			return '?'
		}
		return r
	}, s)
}
