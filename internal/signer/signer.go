// Package signer gets signatures from an ssh agent, and decodes those that a command printed. Each signature is checked
// with the certificate's key before anything is sent, so a wrong or hostile signer can prevent a login, but nothing else.
package signer

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
)

// An Error is why there is no signature. It quotes nothing of the answer.
type Error struct {
	Source  string // "sign_command sudo", "sign_agent ~/idcs-agent.sock"
	Problem string
	Err     error
}

func (e *Error) Error() string { return e.Source + " " + e.Problem }

func (e *Error) Unwrap() error { return e.Err }

// Checked checks the signature of a text and pads it to the size of the modulus: PuTTY's agent up to 0.81 drops leading
// zeros, which 1 of 256 signatures has.
func Checked(source string, cert rsakey.Certificate, text, signature []byte) ([]byte, error) {
	size := cert.Size()
	switch {
	case len(signature) == 0:
		return nil, &Error{Source: source, Problem: "gave no signature"}
	case len(signature) > size:
		return nil, &Error{Source: source, Problem: fmt.Sprintf("gave %d bytes, and a signature by cert_file's key has %d", len(signature), size)}
	}
	padded := make([]byte, size)
	copy(padded[size-len(signature):], signature)
	if !cert.Signed(text, padded) {
		return nil, &Error{Source: source, Problem: fmt.Sprintf("gave %d bytes that are no signature (RS256) by cert_file's key", len(signature))}
	}
	return padded, nil
}

// Decoded is the signature that a command printed: size bytes as they are, else base64 or base64url, with or without
// white space and padding. Anything else is returned as it is.
func Decoded(printed []byte, size int) []byte {
	if len(printed) == size {
		return printed
	}
	s := string(bytes.Join(bytes.Fields(printed), nil))
	s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
	if b, err := base64.RawStdEncoding.DecodeString(s); err == nil {
		return b
	}
	return printed
}
