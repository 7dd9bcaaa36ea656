package config

import (
	"strconv"
	"time"
)

// Two of Oracle's scopes.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/Scopes.htm
const (
	offlineAccess = "offline_access" // asks for a refresh token
	expiryPrefix  = "urn:opc:resource:expiry="
)

// LoginScope is the scope of a login request: the configured one, byte for byte (scopes are opaque: some have a space
// that was encoded twice), the custom expiry in seconds, if there is one, and offline_access. A login for no person
// doesn't ask for offline_access: it never gets a refresh token.
func (p *Profile) LoginScope() string {
	scope := p.Scope
	if p.Expiry > 0 {
		scope = addWord(scope, expiryPrefix+strconv.FormatInt(int64(p.Expiry/time.Second), 10))
	}
	if !p.Method().Machine {
		scope = addWord(scope, offlineAccess)
	}
	return scope
}

func addWord(scope, word string) string {
	switch {
	case has(scope, word):
		return scope
	case scope == "":
		return word
	}
	return scope + " " + word
}
