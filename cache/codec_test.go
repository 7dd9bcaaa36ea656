package cache

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func sample() Token {
	t := Token{Access: text("eyJhbGciOi.e30.c2ln"), Refresh: text("AQIDBAU-_example="), ID: text(`with "quotes" \ and` + "\n\x00\x1f\x7f"), Scope: "a b ü", machine: "0123", predecessor: "4567"}
	t.AccessStamp = Stamp{Obtained: time.UnixMilli(1_800_000_000_123), Boot: 98765 * time.Millisecond, Life: time.Hour}
	t.IDStamp = Stamp{Obtained: time.UnixMilli(1_700_000_000_001), Life: 8 * time.Hour}
	return t
}

func decodeFramed(b []byte) (Token, error) {
	record, n, err := unframe(b)
	if err == nil && n != len(b) {
		err = errDamaged
	}
	if err != nil {
		return Token{}, err
	}
	return decodeToken(record)
}

func TestATokenFileComesBackAsItWas(t *testing.T) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	values := []string{"", " ", `"`, `\`, `\"`, `\u0041`, "\x00", "\n", "\x7f", "ü\u2028\ufffd", "\xff\xfe", "a\xc3", string(every), strings.Repeat("x", 128_000), strings.Repeat(`"`, 1000)}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		b := make([]byte, r.IntN(40))
		for i := range b {
			b[i] = byte(r.UintN(256))
		}
		values = append(values, string(b))
	}
	for i, v := range values {
		for member := range 7 {
			tok := sample()
			switch member {
			case 0:
				tok.Access = text(v)
			case 1:
				tok.Refresh = text(v)
			case 2:
				tok.ID = text(v)
			case 3:
				tok.Scope = v
			case 4:
				tok.machine = v
			case 5:
				tok.predecessor, tok.idless = v, true
			case 6:
				tok.inode, tok.given = uint64(len(v)), digest(tok.Access)
			}
			got, err := decodeFramed(frame(encodeToken(tok)))
			if err != nil || got != tok {
				t.Errorf("value %d in member %d: %v", i, member, err)
			}
		}
	}
}

// A broken clock, or a domain that says nonsense, must not make a file that can't be read again.
func TestOddTimesMakeAReadableFile(t *testing.T) {
	for _, s := range []Stamp{
		{},
		{Obtained: time.Unix(0, 0)},
		{Obtained: time.Unix(-1, 0), Life: time.Second},
		{Obtained: time.Date(1, 2, 3, 4, 5, 6, 7, time.UTC)},
		{Obtained: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), Life: 31_556_952 * time.Second},
		{Obtained: time.Date(300_000, 1, 1, 0, 0, 0, 0, time.UTC)},
		{Boot: -time.Second, Life: -time.Second},
		{Boot: 1<<63 - 1, Life: 1<<63 - 1},
	} {
		tok := sample()
		tok.AccessStamp = s
		b := frame(encodeToken(tok))
		got, err := decodeFramed(b)
		if err != nil || got.Refresh != tok.Refresh {
			t.Errorf("%+v: %v", s, err)
		}
		if !bytes.Equal(frame(encodeToken(got)), b) {
			t.Errorf("%+v isn't written back byte for byte", s)
		}
	}
}

func TestEveryChangedByteOfATokenFileIsRefused(t *testing.T) {
	whole := frame(encodeToken(sample()))
	for i := range whole {
		if _, err := decodeFramed(whole[:i]); err == nil {
			t.Errorf("accepted when cut to %d bytes", i)
		}
		for v := range 256 {
			if byte(v) == whole[i] {
				continue
			}
			b := bytes.Clone(whole)
			b[i] = byte(v)
			if _, err := decodeFramed(b); err == nil {
				t.Errorf("accepted with byte %d changed to %#x", i, v)
			}
		}
	}
	if _, err := decodeFramed(append(bytes.Clone(whole), '\n')); err == nil {
		t.Error("accepted with a byte behind it")
	}
}

func TestANewerVersionIsKnownAsSuch(t *testing.T) {
	for _, v := range []string{"2", "9", "10", "123456789", "9876543210"} {
		b := bytes.Replace(frame([]byte("{}")), []byte(`"version":1`), []byte(`"version":`+v), 1)
		if _, _, err := unframe(b); !errors.Is(err, errNewer) {
			t.Errorf("version %s: %v", v, err)
		}
	}
	for _, v := range []string{"0", "01", "-1", "", "x", "1.0"} {
		b := bytes.Replace(frame([]byte("{}")), []byte(`"version":1`), []byte(`"version":`+v), 1)
		if _, _, err := unframe(b); !errors.Is(err, errDamaged) {
			t.Errorf("version %s: %v", v, err)
		}
	}
}

func sampleState() state {
	at := time.Date(2026, 11, 24, 1, 2, 3, 456789, time.FixedZone("", 3600))
	return state{
		Intent:   &intent{Digest: "ab", At: at, Pid: 812, Start: "77", Namespace: "pid:[4026531836]", Machine: "m"},
		Mark:     &mark{Digest: "cd", Interrupted: &Interrupted{At: at, Pid: 3}},
		Pause:    &pause{Refresh: "ef", Client: "c", Begun: at, End: at.Add(time.Minute), Kind: PauseAnswer, Row: 3},
		Last:     &Failure{Class: "later", Code: "x", Text: "<&>\u2028 \"\\ \x00", At: at},
		Attempts: 1<<64 - 1, SkewMS: -5,
	}
}

func TestEveryChangedByteOfAStateFileIsRefused(t *testing.T) {
	whole, err := encodeState(sampleState())
	if err != nil || len(whole) != stateSize {
		t.Fatal(len(whole), err)
	}
	if _, err := decodeState(whole); err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		if _, err := decodeState(whole[:i]); err == nil {
			t.Errorf("accepted when cut to %d bytes", i)
		}
		b := bytes.Clone(whole)
		b[i] ^= 1
		if _, err := decodeState(b); err == nil {
			t.Errorf("accepted with byte %d changed", i)
		}
	}
}

// Whatever the domain says of a failure, the state fits its file and the intent isn't lost with it.
func TestNoTextOfAFailureMakesTheStateUnreadable(t *testing.T) {
	for _, s := range []string{"\xff\xfe", strings.Repeat("\x01", 10_000), strings.Repeat("ü", 200), strings.Repeat("\u2028", 2000), "a\xc3"} {
		in := sampleState()
		in.Last = &Failure{Class: s, Code: s, Description: s, ECID: s, Text: s, Command: s}
		b, err := encodeState(in)
		if err != nil {
			t.Errorf("%.10q: %v", s, err)
			continue
		}
		out, err := decodeState(b)
		if err != nil || out.Intent == nil || out.Mark == nil {
			t.Errorf("%.10q: %v", s, err)
		}
	}
}

func FuzzTokenFile(f *testing.F) {
	f.Add(frame(encodeToken(sample())))
	f.Add(frame(encodeToken(Token{})))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if tok, err := decodeFramed(b); err == nil && !bytes.Equal(frame(encodeToken(tok)), b) {
			t.Error("accepted, and not written back byte for byte")
		}
		// The same bytes as a record, which the checksum would keep from the parser.
		tok, err := decodeToken(b)
		if err != nil {
			return
		}
		if !bytes.Equal(encodeToken(tok), b) {
			t.Error("record accepted, and not written back byte for byte")
		}
		// What holds it together: no byte of the framed file can be another.
		framed := frame(b)
		for i := range min(len(framed), 1000) {
			changed := bytes.Clone(framed)
			changed[i] ^= 1 << (i % 8)
			if _, err := decodeFramed(changed); err == nil {
				t.Fatalf("accepted with byte %d changed", i)
			}
		}
	})
}

func FuzzStateFile(f *testing.F) {
	b, _ := encodeState(sampleState())
	f.Add(b)
	b, _ = encodeState(state{})
	f.Add(b)
	f.Add([]byte(`{"attempts":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		framed := frame(b)
		if len(framed) <= stateSize {
			framed = append(framed, bytes.Repeat([]byte{' '}, stateSize-len(framed))...)
		}
		for _, b := range [][]byte{b, framed} {
			s, err := decodeState(b)
			if err != nil {
				continue
			}
			if again, err := encodeState(s); err != nil || !bytes.Equal(again, b) {
				t.Errorf("accepted, and not written back byte for byte: %v", err)
			}
			for at := int(b[len(b)/2]) % 61; at < len(b); at += 61 {
				changed := bytes.Clone(b)
				changed[at] ^= 1
				if _, err := decodeState(changed); err == nil {
					t.Fatalf("accepted with byte %d changed", at)
				}
			}
		}
	})
}
