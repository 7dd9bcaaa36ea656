package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
)

// A framed record is one JSON object on one line that holds the record's length and checksum, so that a
// torn, cut or altered file is recognised before a byte of it is used:
//
//	{"version":1,"length":4123,"sha256":"64 hex digits","record":{…}}
//
// length and sha256 are those of the inner object. The layout up to `record` is fixed to the byte.

const (
	plainVersion = 1
	boxVersion   = 2 // the record is a box
)

var (
	errDamaged = errors.New("damaged")                            // no framed record, or not the one that was framed
	errNewer   = errors.New("written by a newer credential-idcs") // a version that this program doesn't know
)

const (
	frameHead   = `{"version":`
	frameLength = `,"length":`
	frameSum    = `,"sha256":"`
	frameRecord = `","record":`
	frameTail   = "}\n"
)

// frame wraps record, a JSON object without a line break.
func frame(record []byte) []byte { return frameAs(plainVersion, record) }

func frameAs(version int64, record []byte) []byte {
	sum := sha256.Sum256(record)
	b := make([]byte, 0, len(record)+128)
	b = append(b, frameHead...)
	b = strconv.AppendInt(b, version, 10)
	b = append(b, frameLength...)
	b = strconv.AppendInt(b, int64(len(record)), 10)
	b = append(b, frameSum...)
	b = hex.AppendEncode(b, sum[:])
	b = append(b, frameRecord...)
	b = append(b, record...)
	return append(b, frameTail...)
}

// unframe returns the record inside b and how many bytes of b the framed record takes. The rest of b
// is the caller's to judge: a token file has none, a reserved file has its padding.
func unframe(b []byte) (record []byte, n int, err error) {
	version, record, n, err := unframeAny(b)
	if err == nil && version != plainVersion {
		return nil, 0, errNewer
	}
	return record, n, err
}

// unframeAny is unframe for a record that may be a box.
func unframeAny(b []byte) (version int, record []byte, n int, err error) {
	rest, ok := bytes.CutPrefix(b, []byte(frameHead))
	if !ok {
		return 0, nil, 0, errDamaged
	}
	if version, rest, ok = leadingInt(rest); !ok || version < 1 {
		return 0, nil, 0, errDamaged
	}
	// A version 2 that goes on otherwise is no box of ours.
	if version > boxVersion || version == boxVersion && !bytes.HasPrefix(rest, []byte(frameLength[:min(len(rest), len(frameLength))])) {
		return 0, nil, 0, errNewer
	}
	if rest, ok = bytes.CutPrefix(rest, []byte(frameLength)); !ok {
		return 0, nil, 0, errDamaged
	}
	length, rest, ok := leadingInt(rest)
	if !ok {
		return 0, nil, 0, errDamaged
	}
	if rest, ok = bytes.CutPrefix(rest, []byte(frameSum)); !ok || len(rest) < 2*sha256.Size {
		return 0, nil, 0, errDamaged
	}
	want, rest := rest[:2*sha256.Size], rest[2*sha256.Size:]
	if rest, ok = bytes.CutPrefix(rest, []byte(frameRecord)); !ok || len(rest) < length+len(frameTail) {
		return 0, nil, 0, errDamaged
	}
	record, rest = rest[:length], rest[length:]
	if !bytes.HasPrefix(rest, []byte(frameTail)) {
		return 0, nil, 0, errDamaged
	}
	sum := sha256.Sum256(record)
	if string(want) != hex.EncodeToString(sum[:]) {
		return 0, nil, 0, errDamaged
	}
	return version, record, len(b) - len(rest) + len(frameTail), nil
}

// leadingInt reads a decimal number as strconv writes it: no sign, no leading zero.
func leadingInt(b []byte) (n int, rest []byte, ok bool) {
	i := 0
	for i < len(b) && i < 9 && '0' <= b[i] && b[i] <= '9' {
		n = 10*n + int(b[i]-'0')
		i++
	}
	return n, b[i:], i > 0 && (b[0] != '0' || i == 1)
}
