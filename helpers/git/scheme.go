package git

import "github.com/credential-idcs/credential-idcs/helpers"

// bearer reports whether the answer is a Bearer header rather than a password, by the target's
// scheme. It takes a git that knows authtype. On "auto" it also takes a server that asks for Bearer
// and doesn't offer Basic: many forges name both and want the token as a password.
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

// offers reports whether a server named the scheme.
func (r *request) offers(scheme string) bool { return helpers.Offers(r.challenges, scheme) }
