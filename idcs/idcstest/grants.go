package idcstest

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"time"
)

const consumed = "The token has already been consumed." // D troubleshoot-refresh

// token judges form and client of a request to the token endpoint. What it returns carries out the
// grant: it is called when the gates and faults before the rotation are passed.
func (x *exchange) token(form url.Values) (func() answer, *refusal) {
	client, ref := x.authenticate(form)
	if ref != nil {
		return nil, ref
	}
	grantType := form.Get("grant_type")
	if grantType == "" {
		return nil, badRequest("parameter grant_type is missing")
	}
	form.Del("grant_type")
	var needed, optional []string
	var act func(*Client, url.Values) (answer, *refusal)
	switch x.grant {
	case Refresh:
		needed, optional, act = []string{"refresh_token"}, []string{"scope"}, x.refresh
	case Assertion:
		needed, act = []string{"assertion", "scope"}, x.userAssertion
	case ClientCredentials:
		needed, act = []string{"scope"}, x.clientCredentials
	case Password:
		needed, act = []string{"username", "password", "scope"}, x.password
	case AuthorizationCode:
		needed, act = []string{"code", "redirect_uri", "code_verifier"}, x.code
	case DeviceCode:
		needed, act = []string{"device_code"}, x.deviceCode
	default:
		return nil, &refusal{400, "unsupported_grant_type", "The grant type is not supported.", "unknown grant_type"}
	}
	if ref := only(form, needed, optional...); ref != nil {
		return nil, ref
	}
	if !client.may(x.grant) {
		return nil, &refusal{400, "unauthorized_client", "The client is not allowed to use this grant.", "no " + x.grant + " for this client"}
	}
	return func() answer {
		a, ref := act(client, form)
		if ref != nil {
			return x.refuse(ref)
		}
		return a
	}, nil
}

// A login is what a grant other than refresh_token has proved.
type login struct {
	client *Client
	user   string // "" for client_credentials
	scope  []string
	nonce  string
	person bool // sat there: the session's end counts
}

// grantLogin answers a login with tokens and says which family began, nil for none.
func (x *exchange) grantLogin(l login) (answer, *family) {
	s := x.s
	s.mu.Lock()
	defer s.mu.Unlock()
	life := s.life(l.scope, l.person)
	out := x.tokens(l.client.ID, l.user, l.scope, life)
	if l.user != "" && slices.Contains(l.scope, openID) {
		out["id_token"] = s.idToken(l.client.ID, l.user, l.nonce, life)
	}
	var f *family
	if l.user != "" && slices.Contains(l.scope, offlineAccess) && !l.client.NoRefresh && l.client.may(Refresh) {
		value := s.login(l.client.ID, l.user, l.scope)
		out["refresh_token"] = value
		f = s.refreshTokens[value].family
	}
	return jsonAnswer(200, out), f
}

// tokens are the members that every success has. D P6:102910. s.mu is held.
func (x *exchange) tokens(client, user string, scope []string, life time.Duration) map[string]any {
	return map[string]any{
		"access_token": x.s.accessToken(client, user, scope, life),
		"token_type":   "Bearer",
		"expires_in":   int(life / time.Second),
	}
}

func (x *exchange) refresh(c *Client, form url.Values) (answer, *refusal) {
	s := x.s
	s.mu.Lock()
	defer s.mu.Unlock()
	t := x.presented.token
	if why := s.spend(t, c.ID); why != "" {
		return answer{}, badGrant(consumed, why)
	}
	f, asked := t.family, splitScope(form.Get("scope"))
	if ref := checkNarrower(c, f.scope, asked); asked != nil && ref != nil {
		return answer{}, ref // judged before anything is spent
	}
	scope := f.scope
	if asked != nil {
		scope = asked
	}
	life := s.lifeAtRefresh(f.scope, asked)
	out := x.tokens(c.ID, f.user, scope, life)
	if s.opts.IDTokenAtRefresh && slices.Contains(scope, openID) {
		out["id_token"] = s.idToken(c.ID, f.user, "", life)
	}
	// A domain that withholds the successor keeps the old token; a client that lost it for such an
	// answer would be right to complain.
	if x.fault.withholds("refresh_token") || !slices.Contains(scope, offlineAccess) {
		return jsonAnswer(200, out), nil
	}
	if t.replaced.IsZero() {
		t.replaced = s.now()
	}
	t.rotated = x.presented
	x.successor = s.issueRefresh(f, t)
	out["refresh_token"] = x.successor
	return jsonAnswer(200, out), nil
}

func (x *exchange) userAssertion(c *Client, form url.Values) (answer, *refusal) {
	scope := splitScope(form.Get("scope"))
	if !c.Trusted {
		return answer{}, &refusal{400, "unauthorized_client", "The client is not trusted.", "a user assertion of a client that isn't trusted"}
	}
	var keys []*Key
	for _, k := range []*Key{c.Key, c.UserKey} {
		if k != nil {
			keys = append(keys, k)
		}
	}
	v := x.checkAssertion(form.Get("assertion"), keys, c.ID)
	if v.text != "" {
		return answer{}, badGrant("The assertion is invalid.", v.text)
	}
	if _, ok := x.s.user(v.subject); !ok {
		return answer{}, badGrant("The assertion is invalid.", "sub is no user of the domain")
	}
	if ref := checkScope(c, scope); ref != nil {
		return answer{}, ref
	}
	a, _ := x.grantLogin(login{client: c, user: v.subject, scope: scope})
	return a, nil
}

func (x *exchange) clientCredentials(c *Client, form url.Values) (answer, *refusal) {
	scope := splitScope(form.Get("scope"))
	if slices.Contains(scope, openID) {
		return answer{}, badScope("%s without a user", openID)
	}
	if ref := checkScope(c, scope); ref != nil {
		return answer{}, ref
	}
	a, _ := x.grantLogin(login{client: c, scope: scope})
	return a, nil
}

func (x *exchange) password(c *Client, form url.Values) (answer, *refusal) {
	scope := splitScope(form.Get("scope"))
	u, ok := x.s.user(form.Get("username"))
	if !ok || u.Password != form.Get("password") {
		return answer{}, badGrant("The user name or password is wrong.", "no such user, or another password")
	}
	if ref := checkScope(c, scope); ref != nil {
		return answer{}, ref
	}
	a, _ := x.grantLogin(login{client: c, user: u.Name, scope: scope, person: true})
	return a, nil
}

// code trades an authorization code. One try is all it has, a wrong one included; a second try ends
// the login that the first began. RFC 6749 4.1.2, RFC 7636 4.6.
func (x *exchange) code(c *Client, form url.Values) (answer, *refusal) {
	s := x.s
	const text = "The authorization code is invalid."
	s.mu.Lock()
	code := s.codes[form.Get("code")]
	if code == nil {
		s.mu.Unlock()
		return answer{}, badGrant(text, "it was never issued")
	}
	used, family := code.used, code.family
	code.used = true
	if used && family != nil {
		family.ended = "its authorization code was used twice"
	}
	expired := !s.now().Before(code.expires)
	s.mu.Unlock()
	verifier := form.Get("code_verifier")
	sum := sha256.Sum256([]byte(verifier))
	switch {
	case used:
		return answer{}, badGrant(text, "it was used before")
	case expired:
		return answer{}, badGrant(text, "it is over three minutes old")
	case code.client != c.ID:
		return answer{}, badGrant(text, "it belongs to another client")
	case code.redirect != form.Get("redirect_uri"):
		return answer{}, badGrant(text, "another redirect_uri")
	case !wellFormedVerifier(verifier):
		return answer{}, badGrant(text, "code_verifier is not 43 to 128 unreserved characters")
	case base64.RawURLEncoding.EncodeToString(sum[:]) != code.challenge:
		return answer{}, badGrant(text, "code_verifier doesn't fit code_challenge")
	}
	a, f := x.grantLogin(login{client: c, user: code.user, scope: code.scope, nonce: code.nonce, person: true})
	s.mu.Lock()
	code.family = f
	s.mu.Unlock()
	return a, nil
}

// wellFormedVerifier is RFC 7636 4.1.
func wellFormedVerifier(v string) bool {
	for i := range len(v) {
		if !isUnreserved(v[i]) {
			return false
		}
	}
	return 43 <= len(v) && len(v) <= 128
}
