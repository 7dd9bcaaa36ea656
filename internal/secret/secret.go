// Package secret has a type for strings that must not be printed: tokens, client secrets, passwords.
//
// Only Reveal returns the string, so every place that uses it can be found by that name. Everything else (fmt with any
// verb, encoding/json, log/slog, a panic's value printed by %v) prints the length. From the Fingerprint the string
// can't be computed.
package secret

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strconv"
)

// A Text is a secret string. The zero Text is empty. Two may be compared with ==: the time that takes reveals nothing,
// since both are always ours.
type Text struct{ s string }

// New wraps s.
func New(s string) Text { return Text{s} }

// Reveal returns the string itself.
func (t Text) Reveal() string { return t.s }

// Len is the length in bytes.
func (t Text) Len() int { return len(t.s) }

// Empty reports whether there is nothing inside.
func (t Text) Empty() bool { return t.s == "" }

// Fingerprint identifies a token where the token itself must not be stored: the first 16 hex digits of its SHA-256, or
// nothing for the empty Text. 64 bits of a digest reveal nothing about a random token.
func (t Text) Fingerprint() string {
	if t.Empty() {
		return ""
	}
	sum := sha256.Sum256([]byte(t.s))
	return hex.EncodeToString(sum[:8])
}

// String says how long the secret is.
func (t Text) String() string { return "[secret, " + strconv.Itoa(len(t.s)) + " bytes]" }

// GoString is String.
func (t Text) GoString() string { return t.String() }

// Format is String for every verb: %x and %q would otherwise print the bytes.
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// MarshalText is String. encoding/json takes it too.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalJSON is String.
func (t Text) MarshalJSON() ([]byte, error) { return strconv.AppendQuote(nil, t.String()), nil }

// LogValue is String.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }
