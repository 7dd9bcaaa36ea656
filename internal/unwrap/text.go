package unwrap

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// An Error is what is wrong with a text, to follow its name: "is empty".
type Error string

func (e Error) Error() string { return string(e) }

// What Secret, Token and PEM refuse.
const (
	ErrEmpty   Error = "is empty"
	ErrUTF16   Error = "is UTF-16 that can't be read; save it as UTF-8"
	ErrUTF8    Error = "is not UTF-8"
	ErrColours Error = "holds colours for a terminal; its command has to print it plain"
	ErrLines   Error = "holds more than one line"
	ErrControl Error = "holds a control character"
	ErrBlank   Error = "holds a blank"
	ErrQuote   Error = "begins or ends with a quote that has no other; write it without"
	ErrName    Error = "holds a name and a value; only the value behind = or : belongs there"
	ErrEscape  Error = `ends with the letters \n; write it without`
	ErrLetter  Error = "holds a letter that is not ASCII, which no such value has"
)

// plain is a text in UTF-8 without a byte order mark. UTF-16 is recognised by its mark, or by the zero bytes of ASCII
// letters.
func plain(b []byte) (string, error) {
	big := bytes.HasPrefix(b, []byte{0xfe, 0xff})
	little := bytes.HasPrefix(b, []byte{0xff, 0xfe})
	switch {
	case big || little:
		b = b[2:]
	case len(b) >= 4 && b[0] == 0 && b[1] != 0 && b[2] == 0:
		big = true
	case len(b) >= 4 && b[0] != 0 && b[1] == 0 && b[3] == 0:
		little = true
	default:
		b = bytes.TrimPrefix(b, []byte("\ufeff"))
		if !utf8.Valid(b) {
			return "", ErrUTF8
		}
		return string(b), nil
	}
	if len(b)%2 != 0 {
		return "", ErrUTF16
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		lo, hi := b[2*i], b[2*i+1]
		if big {
			lo, hi = hi, lo
		}
		units[i] = uint16(hi)<<8 | uint16(lo)
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff"), nil
}

// Text is a text in UTF-8 without a byte order mark and without blanks around it.
func Text(b []byte) (string, error) {
	s, err := plain(b)
	return strings.TrimSpace(s), err
}

// named matches a name before the value, as in an environment file, a shell script or a note: CLIENT_SECRET=value,
// export NAME=value, client secret: value. Other names may be a part of the secret.
var named = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:export [A-Za-z_][A-Za-z0-9_]*=|(?i:[a-z0-9_. -]*(?:secret|token|passw(?:or)?d)[a-z0-9_ -]*)(?: ?=[^=]|: ))`)
})

// Secret is the one line of a secret, without blanks and quotes around it, also those of a word processor. A secret is
// visible ASCII (RFC 6749 A.2); the domain makes it of letters, digits and hyphens.
func Secret(b []byte) (string, error) {
	s, err := plain(b)
	if err != nil {
		return "", err
	}
	s = unquoted(bare(s))
	switch {
	case s == "":
		return "", ErrEmpty
	case strings.ContainsRune(s, 0x1b):
		return "", ErrColours
	case strings.ContainsAny(s, "\r\n"):
		return "", ErrLines
	case strings.IndexFunc(s, func(r rune) bool { return r < 0x20 || 0x7f <= r && r < 0xa0 }) >= 0:
		return "", ErrControl
	case strings.IndexFunc(s, func(r rune) bool { return r > 0x7e }) >= 0:
		return "", ErrLetter
	case strings.HasSuffix(s, `\n`):
		return "", ErrEscape
	case named().MatchString(s):
		return "", ErrName
	case strings.ContainsAny(s[:1]+s[len(s)-1:], "\"'`"):
		return "", ErrQuote
	}
	return s, nil
}

// bare is a text without invisible characters around it: blanks, and Unicode's format characters, which web pages have.
func bare(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
}

// Token is Secret for a refresh token, which has no blanks. In one that was copied from an address, = is %3D, which is
// decoded: no token has a percent sign.
func Token(b []byte) (string, error) {
	s, err := Secret(b)
	switch {
	case err != nil:
		return "", err
	case strings.ContainsAny(s, " \t"):
		return "", ErrBlank
	case !strings.Contains(s, "%"):
		return s, nil
	}
	if u, err := url.PathUnescape(s); err == nil && strings.IndexFunc(u, func(r rune) bool { return r < 0x21 || r > 0x7e }) < 0 {
		return u, nil
	}
	return s, nil
}

// unquoted removes one pair of quotes.
func unquoted(s string) string {
	for _, pair := range []string{`""`, "''", "``", "“”", "‘’", "„“", "«»"} {
		open, size := utf8.DecodeRuneInString(pair)
		inner, began := strings.CutPrefix(s, string(open))
		inner, ended := strings.CutSuffix(inner, pair[size:])
		if began && ended && !strings.ContainsAny(inner, pair) {
			return bare(inner)
		}
	}
	return s
}
