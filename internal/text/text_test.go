package text

import (
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "",
		"The token has expired.":       "The token has expired.",
		"schön, 漢字, 🙂":                 "schön, 漢字, 🙂",
		"a\x1b[2Jb\x07":                "a?[2Jb?",
		"one\r\ntwo\tthree\x00":        "one??two?three?",
		"\x7f\u0080\u009b31m":          "???31m",
		"a\u2028b\u2029c":              "a?b?c",
		"\u202egnp.exe\u2066\u200f":    "?gnp.exe??",
		"\xff\xfe a\xc3":               "?? a?",
		"\ufffd":                       "?",
		strings.Repeat("x", 201):       strings.Repeat("x", 200),
		strings.Repeat("x", 199) + "ü": strings.Repeat("x", 199),
		strings.Repeat("\xff", 1<<20):  strings.Repeat("?", 200),
	} {
		if got := Clean(in); got != want {
			t.Errorf("%.30q: got %q, want %q", in, got, want)
		}
	}
}

// security.md, cleaner of foreign text: no control, bidi or invalid byte, at most 200 bytes, one line,
// idempotent; and what was clean already stays, up to the limit.
func FuzzClean(f *testing.F) {
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if len(got) > Limit || !utf8.ValidString(got) || strings.ContainsFunc(got, forbidden) {
			t.Errorf("%q became %q", s, got)
		}
		if again := Clean(got); again != got {
			t.Errorf("%q became %q became %q", s, got, again)
		}
		if len(s) <= Limit && utf8.ValidString(s) && !strings.ContainsFunc(s, forbidden) && !strings.ContainsRune(s, utf8.RuneError) && got != s {
			t.Errorf("%q is clean and became %q", s, got)
		}
	})
}

// forbidden is the rule once more, as the Unicode standard has the properties Cc, Zl, Zp and Bidi_Control.
func forbidden(r rune) bool {
	return r <= 0x1f || 0x7f <= r && r <= 0x9f || strings.ContainsRune("\u2028\u2029"+
		"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", r)
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"\tuser: ana\t# ü":        "\tuser: ana\t# ü",
		"a\x1b[2J\r\u202eb\xff":   "a?[2J??b?",
		strings.Repeat("x", 5000): strings.Repeat("x", 5000),
	} {
		if got := Line(in); got != want {
			t.Errorf("%.30q: got %q, want %q", in, got, want)
		}
	}
}

// A shell reads a word back as it was, whatever is in it; what a terminal would act on is gone before.
func FuzzWord(f *testing.F) {
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		got := PosixWord(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, forbidden) {
			t.Errorf("%q became %q", s, got)
		}
		want := strings.Map(func(r rune) rune {
			if r == utf8.RuneError || forbidden(r) {
				return '?'
			}
			return r
		}, s)
		if unquoted(got) != want {
			t.Errorf("%q became %q, which a shell reads as %q", s, got, unquoted(got))
		}
	})
}

// unquoted reads a word as POSIX does (Shell Command Language, 2.2): between ' everything stands for
// itself, outside \ takes the meaning from what follows, and all the rest must have none.
func unquoted(word string) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case c == '\'':
			quoted = !quoted
		case c == '\\' && !quoted && i+1 < len(word):
			i++
			b.WriteByte(word[i])
		case !quoted && strings.IndexByte("|&;<>()$`\"\\ \t\n*?[#~!{", c) >= 0:
			return "(not one word)"
		default:
			b.WriteByte(c)
		}
	}
	if quoted || word == "" {
		return "(no word)"
	}
	return b.String()
}

func TestAShellReadsTheWord(t *testing.T) {
	sh := need.Tool(t, "sh")
	for _, s := range []string{"work", "", "a b", "it's", "''", "$(x)`y`", "a;b&c|d", "~ana", "*", "a\\b", "#a", "-n", "ü", "!x"} {
		out, err := exec.Command(sh, "-c", "printf %s "+PosixWord(s)).Output()
		if err != nil || string(out) != s {
			t.Errorf("%q: a shell reads %q, %v", s, out, err)
		}
	}
}

// Two letters that were swapped are one mistake, and a word as long as the typed one is the likelier.
func TestTheNearestWordIsTheLikeliest(t *testing.T) {
	for word, want := range map[string]string{"targest": "targets", "targe": "target", "tragets": "targets", "targetss": "targets", "xyz": ""} {
		if got := Nearest(word, []string{"target", "targets", "user"}); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}

func TestList(t *testing.T) {
	for _, c := range []struct {
		words []string
		want  string
	}{
		{nil, ""},
		{[]string{"a"}, "a"},
		{[]string{"a", "b"}, "a or b"},
		{[]string{"a", "b", "c"}, "a, b or c"},
	} {
		if got := List(c.words, "or"); got != c.want {
			t.Errorf("%q: got %q, want %q", c.words, got, c.want)
		}
	}
}
