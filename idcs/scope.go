package idcs

import (
	"errors"
	"strings"
	"time"
)

// What Oracle's scopes mean.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/Scopes.htm
const (
	expiryPrefix  = "urn:opc:resource:expiry="
	consumerAll   = "urn:opc:resource:consumer::all"
	multiResource = "urn:opc:resource:multiresourcescope"
)

// MinExpiry and MaxExpiry bound a custom expiry, and MaxExpiry the life of any token: about a year.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/TokenExpiryTable.htm
const (
	MinExpiry = 60 * time.Second
	MaxExpiry = 31556952 * time.Second
)

// Why CheckScope refuses.
var (
	ErrScopeMulti  = errors.New(multiResource + " answers with several tokens, of which only one could be kept")
	ErrScopeExpiry = errors.New("an expiry can't be used with " + consumerAll + ": the domain refuses it")
	ErrExpiryRange = errors.New("an expiry is 60 s to 31556952 s, in whole seconds")
	ErrScopeTwice  = errors.New("the scope already holds a " + expiryPrefix)
)

// CheckScope says whether the domain could answer a login with this scope and expiry (0: none).
func CheckScope(scope string, expiry time.Duration) error {
	words := strings.Fields(scope)
	for _, w := range words {
		switch {
		case w == multiResource:
			return ErrScopeMulti
		case expiry != 0 && w == consumerAll:
			return ErrScopeExpiry
		case expiry != 0 && strings.HasPrefix(w, expiryPrefix):
			return ErrScopeTwice
		}
	}
	if expiry != 0 && (expiry < MinExpiry || expiry > MaxExpiry || expiry%time.Second != 0) {
		return ErrExpiryRange
	}
	return nil
}
