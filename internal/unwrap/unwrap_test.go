package unwrap

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"strings"
	"testing"
	"unicode/utf16"
)

// wide is a text in UTF-16.
func wide(s string, order binary.ByteOrder, mark bool) string {
	var b []byte
	if mark {
		s = "\ufeff" + s
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, 0, 0)
		order.PutUint16(b[len(b)-2:], u)
	}
	return string(b)
}

func TestASecretIsUnwrapped(t *testing.T) {
	const secret = "0a1b2c3d-4e5f"
	for name, wrapped := range map[string]string{
		"bare": secret, "echo": secret + "\n", "cmd.exe": secret + "\r\n", "blanks": "  " + secret + " \n\n",
		"a mark": "\ufeff" + secret + "\r\n", "PowerShell": wide(secret+"\r\n", binary.LittleEndian, true),
		"big-endian": wide(secret, binary.BigEndian, true), "UTF-16 without a mark": wide(secret, binary.LittleEndian, false),
		"jq": "\"" + secret + "\"\n", "a shell's": "'" + secret + "'", "a page's": "`" + secret + "`",
		"a word processor's": "“" + secret + "”\n", "letters that can't be seen": "\u00a0\u200b" + secret + "\u200b\n",
	} {
		for kind, f := range map[string]func([]byte) (string, error){"Secret": Secret, "Token": Token} {
			if got, err := f([]byte(wrapped)); got != secret || err != nil {
				t.Errorf("%s, %s: got %q, %v", kind, name, got, err)
			}
		}
	}
	for _, whole := range []string{"s3cr3t=x", "dG9rZW4=", "a1==b", "secret", "my-token=", "a:b", "a: b"} {
		if got, err := Secret([]byte(whole)); got != whole || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, whole)
		}
	}
	for wrapped, want := range map[string]Error{
		"": ErrEmpty, " \n": ErrEmpty, `""`: ErrEmpty, "a\nuser: ana\n": ErrLines, "\x1b[32mabc\x1b[0m\n": ErrColours,
		"a\x00b": ErrControl, "a\tb": ErrControl, "\xff\xfea": ErrUTF16, "\xc3\x28": ErrUTF8,
		"ü": ErrLetter, "a\u200bb": ErrLetter, `"`: ErrQuote, `a"`: ErrQuote, `"a"b"`: ErrQuote, `"a",`: ErrQuote, `a\n`: ErrEscape,
		"CLIENT_SECRET=a": ErrName, "idcs_token = a": ErrName, "export S='a'": ErrName, "client secret: a": ErrName, "secret: a": ErrName,
	} {
		if got, err := Secret([]byte(wrapped)); got != "" || err != want {
			t.Errorf("%q: got %q, %v, want %v", wrapped, got, err, want)
		}
	}
	for _, s := range []string{"with blanks inside", `a"b`, "a=", "a==", "a:b", `a\nb`, "+/%:"} {
		if got, err := Secret([]byte(s)); got != s || err != nil {
			t.Errorf("%q became %q, %v", s, got, err)
		}
	}
}

func TestATokenIsUnescaped(t *testing.T) {
	for wrapped, want := range map[string]string{
		"AQID+/%3D%3D": "AQID+/==", "AQID%2b%2F%3d": "AQID+/=", "AQID%": "AQID%", "AQID%0A": "AQID%0A", "AQ%20ID": "AQ%20ID",
	} {
		if got, err := Token([]byte(wrapped)); got != want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", wrapped, got, err, want)
		}
	}
	if _, err := Token([]byte("AQID AQID")); err != ErrBlank {
		t.Errorf("got %v, want %v", err, ErrBlank)
	}
}

func TestAKeyIsUnwrapped(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	eight, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	one := x509.MarshalPKCS1PrivateKey(key)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: eight}))
	for name, c := range map[string]struct {
		wrapped string
		want    []byte
	}{
		"as it should be": {text, eight}, "with text before": {"Bag Attributes\n  ü\n" + text, eight},
		"a mark": {"\ufeff" + text, eight}, "UTF-16": {wide(text, binary.LittleEndian, true), eight},
		`\n`:             {strings.ReplaceAll(text, "\n", `\n`), eight},
		`\n in quotes`:   {`"` + strings.ReplaceAll(text, "\n", `\n`) + `"` + "\n", eight},
		`\r\n`:           {strings.ReplaceAll(text, "\n", `\r\n`), eight},
		"blanks":         {strings.ReplaceAll(text, "\n", " "), eight},
		"no line ends":   {strings.ReplaceAll(text, "\n", ""), eight},
		"base64":         {base64.StdEncoding.EncodeToString([]byte(text)), eight},
		"base64, folded": {base64.StdEncoding.EncodeToString([]byte(text))[:76] + "\n" + base64.StdEncoding.EncodeToString([]byte(text))[76:] + "\n", eight},
		"base64 of DER":  {base64.StdEncoding.EncodeToString(eight), eight},
		"PKCS#8 as DER":  {string(eight), eight}, "PKCS#1 as DER": {string(one), one},
	} {
		got, err := PEM([]byte(c.wrapped))
		block, _ := pem.Decode(got)
		if err != nil || block == nil || !bytes.Equal(block.Bytes, c.want) {
			t.Errorf("%s: got %d bytes, %v", name, len(got), err)
		}
	}
	for name, c := range map[string]struct {
		wrapped string
		want    error
	}{
		// A PFX's head, RFC 7292 4: version 3, then the content.
		"PKCS#12": {"\x30\x05\x02\x01\x03\x30\x00", ErrPKCS12}, "PKCS#12 in base64": {base64.StdEncoding.EncodeToString([]byte("\x30\x05\x02\x01\x03\x30\x00")), ErrPKCS12},
		"JKS": {"\xfe\xed\xfe\xed\x00\x00\x00\x02", ErrJKS}, "nothing": {"", nil}, "words": {"no key at all", nil},
		"a block without its end": {"-----BEGIN PRIVATE KEY-----\nMIIE", nil},
	} {
		got, err := PEM([]byte(c.wrapped))
		if err != c.want || err == nil && string(got) != c.wrapped {
			t.Errorf("%s: got %q, %v, want %v", name, got, err, c.want)
		}
	}
}

// Whatever comes: no panic, and no text that could break a line of a request or a message.
func FuzzUnwrap(f *testing.F) {
	for _, s := range []string{"a\n", "\ufeff\"a\"", "\xff\xfea\x00", "a%3D", "-----BEGIN A-----MII=-----END A-----", "\x30\x05\x02\x01\x03\x30\x00", "MDU="} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, unwrap := range []func([]byte) (string, error){Secret, Token} {
			if s, err := unwrap(b); err == nil && (s == "" || strings.ContainsAny(s, "\r\n\x00\x1b")) {
				t.Errorf("got %q", s)
			}
		}
		_, _ = PEM(b)
	})
}
