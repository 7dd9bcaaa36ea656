// Package secret holds strings that must not be printed: tokens, client secrets, passwords.
//
// A Text has one way out, Reveal, so that every place where a secret leaves can be found by name.
// All other ways (fmt with any verb, encoding/json, log/slog, a panic's value printed by %v) give
// its length and nothing else.
package secret

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
)

// A Text is a secret string. The zero Text is empty. Two of them may be compared with ==; the time
// that takes is no secret here, since both sides are always ours.
type Text struct{ s string }

// New wraps s.
func New(s string) Text { return Text{s} }

// Reveal returns the string itself.
func (t Text) Reveal() string { return t.s }

// Len is the length in bytes.
func (t Text) Len() int { return len(t.s) }

// Empty reports whether there is nothing inside.
func (t Text) Empty() bool { return t.s == "" }

// String says how long the secret is.
func (t Text) String() string { return "[secret, " + strconv.Itoa(len(t.s)) + " bytes]" }

// GoString is String.
func (t Text) GoString() string { return t.String() }

// Format is String, whatever the verb: %x and %q would otherwise reach for the bytes.
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// MarshalText is String. encoding/json takes it too.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalJSON is String.
func (t Text) MarshalJSON() ([]byte, error) { return strconv.AppendQuote(nil, t.String()), nil }

// LogValue is String.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }
