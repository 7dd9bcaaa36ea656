package idcstest

import (
	"fmt"
	"slices"
)

// The short names of the grants, as Client.Grants, Fault.On, Gate and Counts use them. Assertion and
// DeviceCode travel as URNs, see grantNames.
const (
	Refresh           = "refresh_token"
	Assertion         = "assertion"
	ClientCredentials = "client_credentials"
	Password          = "password"
	AuthorizationCode = "authorization_code"
	DeviceCode        = "device_code"
)

// grantNames maps what grant_type says to the short name. RFC 7523 2.1, RFC 8628 3.4.
var grantNames = map[string]string{
	"refresh_token": Refresh,
	"urn:ietf:params:oauth:grant-type:jwt-bearer":     Assertion,
	"client_credentials":                              ClientCredentials,
	"password":                                        Password,
	"authorization_code":                              AuthorizationCode,
	"urn:ietf:params:oauth:grant-type:device_code":    DeviceCode,
	"urn:ietf:params:oauth:grant-type:token-exchange": Exchange,
}

// A Client is an application of the domain. With Secret or Key it is confidential, with neither it is
// public (a "Mobile Application") and can never use assertion, client_credentials or password.
type Client struct {
	ID     string // any printable text; 32 hex digits or …_APPID in life
	Secret string // for Basic; empty: this way is closed
	Key    *Key   // for client assertions; nil: this way is closed

	// UserKey signs user assertions beside Key: a trusted partner certificate. Needs Trusted.
	UserKey *Key

	// Trusted allows user assertions signed by Key or UserKey. The domain believes them for any of its users.
	Trusted bool

	Grants       []string // short names; nil: all that its kind may have
	RedirectURIs []string // compared byte by byte
	Scopes       []string // beside openid, offline_access and expiry; nil: Options.Scopes
	NoRefresh    bool     // the switch "Refresh token" is off: no grant brings a refresh token
}

// Public reports whether the client has nothing to prove itself with.
func (c *Client) Public() bool { return c.Secret == "" && c.Key == nil }

// may reports whether the client has the grant.
func (c *Client) may(grant string) bool {
	if c.Public() && (grant == Assertion || grant == ClientCredentials || grant == Password) {
		return false
	}
	return c.Grants == nil || slices.Contains(c.Grants, grant)
}

// A User of the domain.
type User struct {
	Name     string // an address, such as ana@example.com
	Password string
}

// defaultClients are one of each kind, so that Options{} is enough for most tests. The secret ends in
// characters that Basic must form-encode first (RFC 6749 2.3.1): who sends the raw pair is refused.
func (s *Server) defaultClients() error {
	redirects := []string{"http://127.0.0.1:8976/callback", "http://localhost:8976/callback"}
	for _, c := range []struct {
		to      *Client
		secret  string
		keyRole string
	}{
		{&s.SecretClient, "idcscs-" + randomHex(16) + "+/%:", "secret client"},
		{&s.KeyClient, "", "key client"},
		{&s.PublicClient, "", ""},
	} {
		*c.to = Client{ID: randomHex(16), Secret: c.secret, RedirectURIs: redirects}
		if c.keyRole != "" {
			key, err := pooledKey(c.keyRole, "key-"+randomHex(4))
			if err != nil {
				return err
			}
			c.to.Key, c.to.Trusted = key, true
		}
		if err := s.AddClient(*c.to); err != nil {
			return err
		}
	}
	return nil
}

// AddClient registers c or replaces the client with its ID. Like in the domain, another secret ends
// all refresh tokens of the client.
func (s *Server) AddClient(c Client) error {
	if c.ID == "" {
		return fmt.Errorf("idcstest: a client needs an ID")
	}
	if c.Trusted && c.Key == nil && c.UserKey == nil {
		return fmt.Errorf("idcstest: client %s is trusted without a key", c.ID)
	}
	for _, k := range []*Key{c.Key, c.UserKey} {
		if k != nil && (k.Alias == "" || k.public() == nil || k.public().N.BitLen() < 2048) {
			return fmt.Errorf("idcstest: client %s: a key needs an alias and 2048 bits", c.ID)
		}
	}
	if c.Scopes == nil {
		c.Scopes = s.opts.Scopes
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.clients[c.ID]; old != nil && old.Secret != c.Secret {
		for _, f := range s.families {
			if f.client == c.ID {
				f.ended = "the client has a new secret"
			}
		}
	}
	s.clients[c.ID] = &c
	return nil
}

// client returns the client with that ID, or nil.
func (s *Server) client(id string) *Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clients[id]
}

func (s *Server) user(name string) (User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[name]
	return u, ok
}
