package git

import "github.com/credential-idcs/credential-idcs/helpers"

// bearer reports whether the answer is a Bearer header rather than a password, by the target's scheme. It needs a git with
// the capability authtype, and for "auto" a server that offers Bearer and not Basic: many forges offer both and accept
// the token only as a password.
func (r *request) bearer(scheme string) bool {
	if !r.authtype {
		return false
	}
	switch scheme {
	case "bearer":
		return true
	case "basic":
		return false
	}
	return r.offers("bearer") && !r.offers("basic")
}

// offers reports whether a server offered the scheme.
func (r *request) offers(scheme string) bool { return helpers.Offers(r.challenges, scheme) }
