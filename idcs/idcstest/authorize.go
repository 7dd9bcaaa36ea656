package idcstest

import (
	"html"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// codeTTL is D TokenExpiryTable's.
const codeTTL = 3 * time.Minute

// An AuthRequest is a person's browser at the domain's login page.
type AuthRequest struct {
	ClientID    string
	RedirectURI string
	Scope       string // separated by spaces
}

// A Decision is what the person does there. The zero Decision approves as ana.
type Decision struct {
	User string // who approves; "": ana
	Deny string // an OAuth error such as access_denied sends the browser back without a code
	Text string // its error_description
	Stay bool   // show a page and never go back: the person closes the window
}

// An authCode is an authorization code and all it is bound to.
type authCode struct {
	client, user, redirect, challenge, nonce string

	scope   []string
	expires time.Time
	used    bool
	family  *family
}

// authorize is the page at /oauth2/v1/authorize: D AuthCodeGT. PKCE by S256, state, and with openid a
// nonce are demanded, though Oracle's examples live without: our client always sends them.
func (x *exchange) authorize() (func() answer, *refusal) {
	q, err := parseForm(x.req.URL.RawQuery)
	if err != nil {
		return nil, badRequest("%v", err)
	}
	ref := only(q, []string{"client_id", "response_type", "redirect_uri", "scope", "state", "code_challenge",
		"code_challenge_method"}, "nonce")
	if ref != nil {
		return nil, ref
	}
	c := x.s.client(q.Get("client_id"))
	if c == nil {
		return nil, &refusal{http.StatusBadRequest, "invalid_client", "The client is unknown. ECID: A1b2" + randomHex(6), "client is unknown"}
	}
	if !slices.Contains(c.RedirectURIs, q.Get("redirect_uri")) {
		return nil, &refusal{http.StatusBadRequest, "invalid_redirect_uri",
			"Client " + c.ID + " requested an invalid redirect URL. ECID: A1b2" + randomHex(6), "redirect_uri is not registered"}
	}
	return func() answer { return x.back(c, q) }, nil
}

// back sends the browser back with a code or an error.
func (x *exchange) back(c *Client, q url.Values) answer {
	s := x.s
	scope := splitScope(q.Get("scope"))
	out := url.Values{"state": {q.Get("state")}}
	d := s.opts.Authorize(AuthRequest{c.ID, q.Get("redirect_uri"), q.Get("scope")})
	if d.User == "" {
		d.User = s.User.Name
	}
	challenge := q.Get("code_challenge")
	ref := checkScope(c, scope)
	switch {
	case d.Stay:
		return answer{200, http.Header{"Content-Type": {"text/html; charset=utf-8"}},
			[]byte("<!doctype html><title>Sign in</title><p>Nobody signs in to " + html.EscapeString(c.ID) + " here.")}
	case q.Get("response_type") != "code":
		ref = &refusal{code: "unsupported_response_type", text: "response_type is not code"}
	case !c.may(AuthorizationCode):
		ref = &refusal{code: "unauthorized_client", text: "no authorization_code for this client"}
	case q.Get("code_challenge_method") != "S256", len(challenge) != 43, !wellFormedVerifier(challenge):
		ref = &refusal{code: "invalid_request", text: "PKCE by S256 is demanded"}
	case slices.Contains(scope, openID) && !q.Has("nonce"):
		ref = &refusal{code: "invalid_request", text: "openid without a nonce"}
	case ref == nil && d.Deny != "":
		ref = &refusal{code: d.Deny, text: d.Text}
	}
	if ref != nil {
		x.conn.log("authorize refused: %s", ref.code)
		out.Set("error", ref.code)
		if ref.text != "" {
			out.Set("error_description", ref.text)
		}
		return redirect(q.Get("redirect_uri"), out)
	}
	code := newOpaque()
	s.mu.Lock()
	s.codes[code] = &authCode{
		client: c.ID, user: d.User, redirect: q.Get("redirect_uri"),
		challenge: challenge, nonce: q.Get("nonce"), scope: scope, expires: s.now().Add(codeTTL),
	}
	s.secrets = keep(s.opts.Keep, append(s.secrets, code))
	s.mu.Unlock()
	out.Set("code", code)
	return redirect(q.Get("redirect_uri"), out)
}

func redirect(to string, q url.Values) answer {
	return answer{http.StatusFound, http.Header{
		"Location":      {to + "?" + q.Encode()},
		"Cache-Control": {"no-store"},
	}, nil}
}
