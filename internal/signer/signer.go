// Package signer is about signatures by a key that this program doesn't hold: what came from a command
// or an ssh agent is brought into form and checked with the certificate's key, before anything is sent.
// So a wrong, old or hostile signer can refuse, and nothing more.
package signer

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
)

// An Error is why there is no signature. It repeats nothing of what came.
type Error struct {
	Source  string // "sign_command sudo", "sign_agent ~/idcs-agent.sock"
	Problem string
	Err     error
}

func (e *Error) Error() string { return e.Source + " " + e.Problem }

func (e *Error) Unwrap() error { return e.Err }

// Checked is the signature under a text: as many bytes as the modulus, whatever leading zeros were
// dropped (PuTTY's agent up to 0.81 does, with 1 of 256 signatures).
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

// Decoded is what a command printed: as many bytes as the modulus are a signature as it is, else it is
// base64 or base64url, with white space and padding or without; and what is neither is left as it is.
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
