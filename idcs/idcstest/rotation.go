package idcstest

import (
	"crypto/rand"
	"encoding/base64"
	"time"
)

// Rotation says what becomes of a refresh token that was used. In all modes a refresh answers with a
// new one.
type Rotation int

const (
	Strict       Rotation = iota // dead at once; a second use is refused, its successor lives on
	StrictRevoke                 // dead at once; a second use ends the whole login
	Grace                        // works for Options.Grace after its first use, then as Strict
	Plain                        // works on until it expires
)

// A family is one login: all refresh tokens that descend from one grant.
type family struct {
	id      int
	client  string
	user    string // "" for none
	scope   []string
	ended   string // why the login is over; "" while it lives
	unknown bool   // made for a token that the domain never issued, to keep the books on it
	open    []*presentation
}

// A refreshToken is one generation of a family.
type refreshToken struct {
	digest   string
	family   *family
	gen      int // 1 is the login's
	parent   *refreshToken
	expires  time.Time // the domain's clock
	replaced time.Time // the first use; zero: never

	// The books of the invariants, see invariants.go.
	rotated *presentation // the latest presentation that replaced it
	refused *presentation // the latest that was answered invalid_grant
	last    *presentation
	proved  bool // its successor was presented, so the client has it
	replays int  // further presentations that the test allowed
}

// newOpaque makes a refresh token, code or device code as the domain's look: they begin AQIDBAU, hold
// - and _, and end in =, which a form must escape. 112 bytes.
func newOpaque() string {
	b := make([]byte, 74)
	_, _ = rand.Read(b) // never fails, crypto/rand says
	return "AQIDBAU-_" + base64.RawURLEncoding.EncodeToString(b) + "aaa="
}

// login starts a family and returns its first refresh token. s.mu is held.
func (s *Server) login(client, user string, scope []string) string {
	return s.issueRefresh(s.newFamily(client, user, scope), nil)
}

// newFamily begins one. s.mu is held.
func (s *Server) newFamily(client, user string, scope []string) *family {
	f := &family{id: len(s.families) + 1, client: client, user: user, scope: scope}
	s.families = append(s.families, f)
	return f
}

// issueRefresh makes the next generation. s.mu is held.
func (s *Server) issueRefresh(f *family, parent *refreshToken) string {
	return s.register(newOpaque(), f, parent)
}

// register is issueRefresh of a certain token. s.mu is held.
func (s *Server) register(value string, f *family, parent *refreshToken) string {
	t := &refreshToken{
		digest:  Digest(value),
		family:  f,
		gen:     1,
		parent:  parent,
		expires: s.now().Add(s.opts.RefreshTTL),
	}
	if parent != nil {
		t.gen = parent.gen + 1
	}
	s.refreshTokens[value] = t
	s.secrets = keep(s.opts.Keep, append(s.secrets, value))
	s.journal.add(0, nil, "issued refresh token %s: family %d, generation %d", t.digest, f.id, t.gen)
	return value
}

// spend judges a presented refresh token and, where it may be used, marks it as used. It returns why
// not otherwise; the texts of all reasons are the same on the wire. s.mu is held.
func (s *Server) spend(t *refreshToken, client string) (why string) {
	now := s.now()
	switch {
	case t.family.unknown:
		return "it was never issued"
	case t.family.client != client:
		return "it belongs to another client"
	case t.family.ended != "":
		return "the login is over: " + t.family.ended
	case !now.Before(t.expires):
		return "it expired"
	}
	if why := s.usedUp(t, now); why != "" {
		if s.opts.Rotation == StrictRevoke {
			t.family.ended = "refresh token " + t.digest + " was used twice"
		}
		return why
	}
	return ""
}

// usedUp applies the rotation mode to a token's earlier use.
func (s *Server) usedUp(t *refreshToken, now time.Time) (why string) {
	switch {
	case t.replaced.IsZero(), s.opts.Rotation == Plain:
		return ""
	case s.opts.Rotation == Grace && now.Before(t.replaced.Add(s.opts.Grace)):
		return ""
	}
	return "it was used before"
}

// NewLogin issues a refresh token without a request, as the Console's "Generate Access Token" does:
// a start for tests that don't care how one logs in. The user is ana, scope is separated by spaces.
func (s *Server) NewLogin(clientID, scope string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.login(clientID, s.User.Name, splitScope(scope))
}

// AddLogin makes the domain know a login of ana whose refresh token somebody has already.
func (s *Server) AddLogin(refresh, clientID, scope string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.register(refresh, s.newFamily(clientID, s.User.Name, splitScope(scope)), nil)
}

// Alive reports whether the domain would take the refresh token now. Asking is no presentation.
func (s *Server) Alive(refresh string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.refreshTokens[refresh]
	if t == nil || t.family.unknown || t.family.ended != "" || !s.now().Before(t.expires) {
		return false
	}
	return s.usedUp(t, s.now()) == ""
}

// Family says which login a refresh token belongs to (from 1) and which generation it is (from 1);
// zeroes for one that the domain doesn't know.
func (s *Server) Family(refresh string) (id, generation int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.refreshTokens[refresh]
	if t == nil || t.family.unknown {
		return 0, 0
	}
	return t.family.id, t.gen
}

// EndLogin ends the login of a refresh token, as an administrator would. It is no presentation.
func (s *Server) EndLogin(refresh string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.refreshTokens[refresh]; t != nil {
		t.family.ended = "ended by the test"
		s.journal.add(0, nil, "login ended by the test: family %d", t.family.id)
	}
}

// EndLogins ends all logins.
func (s *Server) EndLogins() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.families {
		f.ended = "ended by the test"
	}
	s.journal.add(0, nil, "all logins ended by the test")
}
