// Package text makes text for a person's terminal: foreign text without control characters, commands, durations.
package text

import (
	"strings"
	"unicode/utf8"
)

// Limit is how many bytes of a foreign text a message may have.
const Limit = 200

// Clean makes one printable line of at most Limit bytes of a foreign text: a host, a path, an error description. Control
// characters (C0, DEL, C1), line and paragraph separators, characters that change the direction of writing, and bytes
// that are no UTF-8 become `?`. It is idempotent.
func Clean(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == utf8.RuneError || unprintable(r) {
			r = '?'
		}
		if b.Len()+utf8.RuneLen(r) > Limit {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Line is Clean for a whole line of a file: without a limit, and with its tabs.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && (r == utf8.RuneError || unprintable(r)) {
			return '?'
		}
		return r
	}, s)
}

func unprintable(r rune) bool {
	switch {
	case r < 0x20, 0x7f <= r && r <= 0x9f: // C0, DEL, C1
		return true
	case r == 0x2028, r == 0x2029: // line and paragraph separator
		return true
	case r == 0x061c, r == 0x200e, r == 0x200f, // direction marks
		0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069: // embeddings, overrides, isolates
		return true
	}
	return false
}
