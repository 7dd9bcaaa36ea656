package methods

import (
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

// A Method is a row of the table.
type Method struct {
	*config.Login
	// Flag is the option of `credential-idcs login` for it; empty: only the configuration can choose it.
	Flag string
	// About is the help of Flag, one line.
	About string
	// Piped: it reads stdin, and only with Flag.
	Piped bool
	// Console is its grant's name in the domain's console.
	Console string
	// Redirects: the browser comes back to this machine.
	Redirects bool
	// Proofs are how its client may authenticate: "secret", "key", "none".
	Proofs []string
	// Ask are its own questions in `credential-idcs init`.
	Ask []Question
	// Grant makes the grant of a login that needs no person. Nil: it needs one.
	Grant func(Machine, *config.Profile) (idcs.Grant, error)
}

// A Question is one of `credential-idcs init`.
type Question struct {
	Key   string // of the profile: "redirect_url"
	Text  string
	Usual string // the answer that Enter means; empty: an answer is required
}

// UsualRedirect is the default redirect URL.
const UsualRedirect = "http://127.0.0.1:8976/callback"

// All are the login methods that need a client of the domain, in the order of the messages. config.OCILogin needs none
// (oci.go).
var All = []*Method{
	{
		Login: config.LoginNamed(config.Browser), Flag: "browser", Console: "Authorization code",
		About:     "in the browser of this machine ($BROWSER, else the system's); it comes back to the profile's redirect_url",
		Redirects: true, Proofs: anyProof,
		Ask: []Question{{"redirect_url", "Redirect URL, as registered in the application", UsualRedirect}},
	},
	{
		Login: config.LoginNamed(config.Device), Flag: "device", Console: "Device code",
		About:  "with a code, in a browser anywhere",
		Proofs: anyProof,
	},
	{
		Login: config.LoginNamed(config.Assertion), Flag: "assertion", Console: "JWT assertion",
		About:  "sign a user assertion with the profile's key",
		Proofs: []string{"key"}, // the user's assertion needs one anyway
		Ask:    []Question{{"subject", "User to log in as (the sub of the assertion)", ""}},
		Grant:  userAssertion,
	},
	{
		Login: config.LoginNamed(config.ClientCredentials), Console: "Client credentials",
		Proofs: noPublic,
		Grant: func(_ Machine, p *config.Profile) (idcs.Grant, error) {
			return idcs.ClientCredentials{Scope: p.LoginScope()}, nil
		},
	},
	{
		Login: config.LoginNamed(config.Password), Flag: "password-stdin", Console: "Resource owner",
		About:  "read the password of the profile's username",
		Proofs: noPublic,
		Ask:    []Question{{"username", "User name at the domain", ""}},
	},
	{
		Login: config.LoginNamed(config.RefreshToken), Flag: "refresh-token-stdin", Console: "Refresh token",
		About: "take over a refresh token, bare or as the .tok file of the Console; it is spent at once",
		Piped: true, Proofs: anyProof,
	},
}

var (
	anyProof = []string{"secret", "key", "none"}
	noPublic = []string{"secret", "key"}
)

// Named is the method of that name, or nil.
func Named(name string) *Method {
	for _, m := range All {
		if m.Name == name {
			return m
		}
	}
	return nil
}
