package cache

import (
	"strconv"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// The record of a token file has all its members, in this order. It is written and read by hand because
// every call reads it: that takes a third of a millisecond less than encoding/json, and a record that is
// accepted is written back byte for byte.
//
// Times are Unix milliseconds, boot clock readings milliseconds, lives seconds.

func encodeToken(t Token) []byte {
	b := make([]byte, 0, 512+t.Access.Len()+t.Refresh.Len()+t.ID.Len())
	b = appendString(append(b, `{"access_token":`...), t.Access.Reveal())
	b = appendStamp(b, t.AccessStamp)
	b = appendString(append(b, `,"refresh_token":`...), t.Refresh.Reveal())
	b = appendString(append(b, `,"id_token":`...), t.ID.Reveal())
	b = appendStamp(b, t.IDStamp)
	b = appendString(append(b, `,"scope":`...), t.Scope)
	b = appendString(append(b, `,"machine":`...), t.machine)
	b = appendString(append(b, `,"predecessor":`...), t.origin())
	b = append(b, `,"idless":`...)
	b = strconv.AppendBool(b, t.idless)
	return append(b, '}')
}

func decodeToken(record []byte) (Token, error) {
	r := reader{rest: string(record)} // the only copy: the token's texts are parts of it
	var t Token
	t.Access = secret.New(r.str(`{"access_token":`))
	t.AccessStamp = r.stamp()
	t.Refresh = secret.New(r.str(`,"refresh_token":`))
	t.ID = secret.New(r.str(`,"id_token":`))
	t.IDStamp = r.stamp()
	t.Scope = r.str(`,"scope":`)
	t.machine = r.str(`,"machine":`)
	t.setOrigin(r.str(`,"predecessor":`))
	r.literal(`,"idless":`)
	t.idless = r.bool()
	r.literal(`}`)
	if r.bad || len(r.rest) > 0 {
		return Token{}, errUnknownRecord
	}
	return t, nil
}

// origin is the predecessor, the inode number of the file and the digest that the login began with, with
// blanks between them. They share a member because earlier versions of the program call a record with an
// unknown member damaged.
func (t Token) origin() string {
	if t.inode == 0 && t.given == "" {
		return t.predecessor
	}
	s := t.predecessor + " " + strconv.FormatUint(t.inode, 10)
	if t.given != "" {
		s += " " + t.given
	}
	return s
}

func (t *Token) setOrigin(s string) {
	predecessor, rest, _ := strings.Cut(s, " ")
	number, given, _ := strings.Cut(rest, " ")
	t.predecessor, t.given = predecessor, given
	t.inode, _ = strconv.ParseUint(number, 10, 64) // no number: 0
	if t.origin() != s {                           // another program wrote it
		t.predecessor, t.inode, t.given = s, 0, ""
	}
}

// errUnknownRecord says that a record is whole and has unknown members: another program wrote it.
var errUnknownRecord error = unknownRecord{}

type unknownRecord struct{}

func (unknownRecord) Error() string { return errDamaged.Error() + ": an unknown record" }

func (unknownRecord) Unwrap() error { return errDamaged }

func appendStamp(b []byte, s Stamp) []byte {
	var obtained int64
	if !s.Obtained.IsZero() {
		obtained = s.Obtained.UnixMilli()
	}
	// A broken clock or domain may give other times. If stamp refused them, the refresh token in the
	// file would be lost.
	b = strconv.AppendInt(append(b, `,"obtained":`...), min(max(obtained, 0), maxMillis), 10)
	b = strconv.AppendInt(append(b, `,"boot":`...), min(max(s.Boot.Milliseconds(), 0), maxBoot), 10)
	return strconv.AppendInt(append(b, `,"life":`...), min(max(int64(s.Life/time.Second), 0), maxSeconds), 10)
}

// appendString writes a JSON string. Only what JSON requires is escaped, and always in the same way, so
// that a value has one spelling. Invalid UTF-8 stays as it is: a refresh token that a person passed in may
// hold any bytes, and must be read back unchanged.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			b = append(b, `\u00`...)
			b = append(b, hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// A reader parses a record. After the first mismatch it is bad and returns zero values.
type reader struct {
	rest string
	bad  bool
}

func (r *reader) literal(s string) {
	rest, ok := strings.CutPrefix(r.rest, s)
	if !ok {
		r.bad = true
		return
	}
	r.rest = rest
}

func (r *reader) str(name string) string {
	r.literal(name)
	r.literal(`"`)
	if r.bad {
		return ""
	}
	end := strings.IndexAny(r.rest, `"\`)
	if end < 0 {
		r.bad = true
		return ""
	}
	if r.rest[end] == '"' { // nothing escaped: nearly always
		s := r.rest[:end]
		r.rest = r.rest[end+1:]
		r.bad = !plain(s)
		return s
	}
	var b strings.Builder
	for i := 0; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '"':
			r.rest = r.rest[i+1:]
			return b.String()
		case c < 0x20:
			r.bad = true
			return ""
		case c != '\\':
			b.WriteByte(c)
		default:
			c, n, ok := unescape(r.rest[i:])
			if !ok {
				r.bad = true
				return ""
			}
			b.WriteByte(c)
			i += n - 1
		}
	}
	r.bad = true
	return ""
}

// plain reports whether appendString writes s as it is.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 {
			return false
		}
	}
	return true
}

// unescape reads one escape as appendString writes it and returns the byte and the escape's length.
func unescape(s string) (c byte, n int, ok bool) {
	if len(s) >= 2 && (s[1] == '"' || s[1] == '\\') {
		return s[1], 2, true
	}
	if len(s) < 6 || s[:4] != `\u00` {
		return 0, 0, false
	}
	v, err := strconv.ParseUint(s[4:6], 16, 8)
	if err != nil || v >= 0x20 || strings.ContainsAny(s[4:6], "ABCDEF") {
		return 0, 0, false
	}
	return byte(v), 6, true
}

func (r *reader) number(name string) int64 {
	r.literal(name)
	i := 0
	for i < len(r.rest) && (r.rest[i] == '-' || '0' <= r.rest[i] && r.rest[i] <= '9') {
		i++
	}
	text := r.rest[:i]
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != text {
		r.bad = true
		return 0
	}
	r.rest = r.rest[i:]
	return n
}

// Numbers beyond these are no times or lives that this program ever wrote.
const (
	maxMillis  = int64(1) << 52
	maxBoot    = maxMillis / 1000 // ms
	maxSeconds = int64(1) << 32
)

func (r *reader) stamp() Stamp {
	obtained, boot, life := r.number(`,"obtained":`), r.number(`,"boot":`), r.number(`,"life":`)
	if obtained < 0 || obtained > maxMillis || boot < 0 || boot > maxBoot || life < 0 || life > maxSeconds {
		r.bad = true
		return Stamp{}
	}
	s := Stamp{Boot: time.Duration(boot) * time.Millisecond, Life: time.Duration(life) * time.Second}
	if obtained != 0 {
		s.Obtained = time.UnixMilli(obtained)
	}
	return s
}

func (r *reader) bool() bool {
	if strings.HasPrefix(r.rest, "true") {
		r.literal("true")
		return true
	}
	r.literal("false")
	return false
}
