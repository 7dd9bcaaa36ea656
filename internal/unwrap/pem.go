package unwrap

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"strings"
)

// What PEM refuses.
const (
	ErrPKCS12 Error = "is a PKCS#12 file; take the PEM out of it first (openssl pkcs12 -nodes)"
	ErrJKS    Error = "is a Java key store; take the PEM out of it first (keytool -importkeystore -deststoretype PKCS12, then openssl pkcs12 -nodes)"
)

// PEM makes a PEM text that pem.Decode reads, from UTF-16, a text in quotes, one with \n for its line breaks or without
// any, base64 of the whole, or DER. Anything else is returned as it is, for the caller to refuse.
func PEM(b []byte) ([]byte, error) {
	if made, err := der(b); made != nil || err != nil {
		return made, err
	}
	s, err := plain(b)
	if err != nil {
		return b, nil //nolint:nilerr // text before the first block may be in any encoding
	}
	if block, _ := pem.Decode([]byte(s)); block != nil {
		return []byte(s), nil
	}
	t := unquoted(strings.TrimSpace(s))
	if strings.Contains(t, "-----BEGIN ") {
		return oneLine(t), nil
	}
	if raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(t), "")); err == nil && len(raw) > 0 {
		if made, err := der(raw); made != nil || err != nil {
			return made, err
		}
		if bytes.Contains(raw, []byte("-----BEGIN ")) {
			return oneLine(string(raw)), nil
		}
	}
	return []byte(s), nil
}

// oneLine puts line breaks back into the blocks of a text.
func oneLine(s string) []byte {
	s = strings.ReplaceAll(strings.ReplaceAll(s, `\r`, ""), `\n`, "\n")
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "-----BEGIN ")
		out.WriteString(before)
		label, rest, named := strings.Cut(rest, "-----")
		end := "-----END " + label + "-----"
		body, after, ended := strings.Cut(rest, end)
		if !ok || !named || !ended {
			if ok {
				out.WriteString("-----BEGIN " + label + "-----" + rest)
			}
			return []byte(out.String())
		}
		if !strings.Contains(body, ":") { // else it has headers, which need their own lines
			body = "\n" + strings.Join(strings.Fields(body), "\n") + "\n"
		}
		out.WriteString("-----BEGIN " + label + "-----" + body + end + "\n")
		s = after
	}
}

// der makes PEM of DER: a key of PKCS#1 or PKCS#8, or a certificate. Both results are nil if b isn't DER.
func der(b []byte) ([]byte, error) {
	if bytes.HasPrefix(b, []byte{0xfe, 0xed, 0xfe, 0xed}) {
		return nil, ErrJKS
	}
	if len(b) == 0 || b[0] != 0x30 {
		return nil, nil
	}
	var outer asn1.RawValue
	if rest, err := asn1.Unmarshal(b, &outer); err != nil || len(rest) > 0 {
		return nil, nil
	}
	block := func(label string) ([]byte, error) { return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: b}), nil }
	if _, err := x509.ParseCertificate(b); err == nil {
		return block("CERTIFICATE")
	}
	var version int
	rest, err := asn1.Unmarshal(outer.Bytes, &version)
	if err != nil {
		return block("ENCRYPTED PRIVATE KEY") // the only other one that begins with a sequence
	}
	var second asn1.RawValue
	if _, err := asn1.Unmarshal(rest, &second); err != nil {
		return nil, nil
	}
	switch {
	case version == 3: // RFC 7292 4
		return nil, ErrPKCS12
	case second.Tag == asn1.TagInteger: // RFC 8017 A.1.2
		return block("RSA PRIVATE KEY")
	case second.Tag == asn1.TagOctetString: // RFC 5915 3
		return block("EC PRIVATE KEY")
	}
	return block("PRIVATE KEY") // RFC 5208 5
}
