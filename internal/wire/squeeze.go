package wire

import "bytes"

// The sizes of the parts that squeezed leaves in a buffer: its beginning, and around each name of a token. A token has at
// most 128,000 bytes.
const (
	beginning = 64 << 10
	aToken    = 256 << 10
	aName     = 64
)

// squeezed removes the longest part without a token from a full buffer, so that tokens aren't lost if some proxy added
// much else to the answer. ok: it made room.
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
