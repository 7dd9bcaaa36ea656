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

// powershellWord: a backslash is an ordinary character, a comma and a leading @ or % aren't. In double quotes
// cmd.exe reads the same word, unless it holds what either of them takes for a variable or for their end.
func powershellWord(s string) string {
	switch {
	case isPlain(s, `_-./:\+=`):
		return s
	case s == "" || strings.HasSuffix(s, `\`) || strings.ContainsAny(s, "$`%!\"\u201c\u201d\u201e"):
		return singleQuoted(s)
	}
	return `"` + printable(s) + `"`
}

// singleQuoted is for PowerShell alone, which takes four further characters for a single quote.
// https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
func singleQuoted(s string) string {
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
