package config

import (
	"strconv"
	"time"
)

// What two of Oracle's scopes begin with, or are.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/Scopes.htm
const (
	offlineAccess = "offline_access" // asks for a refresh token
	expiryPrefix  = "urn:opc:resource:expiry="
)

// LoginScope is the scope that a login of the profile asks for: the configured one, byte for byte
// (scopes are opaque: some hold a space that was encoded twice), then the custom expiry in seconds if
// there is one, then offline_access if it isn't there yet. A login that names no person has
// none: it never gets a refresh token.
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
