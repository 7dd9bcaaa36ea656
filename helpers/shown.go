package helpers

import (
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Shown is an address for people, without the parts that may have a secret: user info, query, fragment.
func Shown(address string) string {
	if i := strings.LastIndexByte(address, '@'); i >= 0 { // first: a password may have "#" and "?"
		address = "…" + address[i:]
	}
	if i := strings.IndexAny(address, "?#"); i >= 0 {
		address = address[:i] + "…"
	}
	return text.Clean(address)
}
