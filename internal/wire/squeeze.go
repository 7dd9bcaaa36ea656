package wire

import "bytes"

// What is kept of an answer that is larger than any should be, beside its beginning: a token has 128,000
// bytes at most, and its name a few before it.
const (
	beginning = 64 << 10
	aToken    = 256 << 10
	aName     = 64
)

// squeezed is a full buffer without the longest stretch in which no token is named, so that what some
// front put before, between or behind the tokens doesn't cost them. ok: that made room.
func squeezed(b []byte) (rest []byte, ok bool) {
	from, to := 0, 0
	for begin := beginning; begin < len(b); {
		i := bytes.Index(b[begin:], []byte("_token"))
		end := begin + i
		if i < 0 {
			end = len(b)
		}
		if end -= aName; end-begin > to-from {
			from, to = begin, end
		}
		if i < 0 {
			break
		}
		begin += i + aToken
	}
	if to-from < beginning {
		return b, false
	}
	return append(b[:from], b[to:]...), true
}
