package idcs

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/url"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// Random is 32 random bytes in base64url, 43 letters: a state, a nonce, or a PKCE verifier (RFC 7636
// 4.1 asks for 43 to 128).
func Random(r io.Reader) (secret.Text, error) {
	s, err := randomText(r, 32)
	return secret.New(s), err
}

// Challenge is a verifier's S256 code challenge (RFC 7636 4.2). The plain method isn't offered.
func Challenge(verifier secret.Text) string {
	sum := sha256.Sum256([]byte(verifier.Reveal()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// An Authorization is what the browser is sent to the domain with.
type Authorization struct {
	// RedirectURI must be registered with the application, letter by letter: 127.0.0.1 isn't
	// localhost.
	RedirectURI string
	Scope       string      // space-separated
	State       secret.Text // comes back with the code
	Nonce       secret.Text // comes back in the ID token, see HasNonce
	Verifier    secret.Text // stays here until the code is exchanged
}

// AuthorizeURL is the page that the browser opens. It holds state, nonce and the challenge, but
// nothing that would get a token without the verifier.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/AuthCodeGT.htm
func (c *Client) AuthorizeURL(a Authorization) (string, error) {
	u, err := c.endpoint(authorizePath)
	if err != nil {
		return "", err
	}
	q := url.Values{
		"client_id":             {c.ClientID},
		"response_type":         {"code"},
		"redirect_uri":          {a.RedirectURI},
		"scope":                 {a.Scope},
		"nonce":                 {a.Nonce.Reveal()},
		"state":                 {a.State.Reveal()},
		"code_challenge":        {Challenge(a.Verifier)},
		"code_challenge_method": {"S256"},
	}
	// Oracle's examples write a space as %20; a literal + is %2B by now.
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	return u.String(), nil
}
