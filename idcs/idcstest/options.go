package idcstest

import "time"

// Options set up a domain. The zero Options are a strict one with three clients and one user.
type Options struct {
	Dir     string   // where ca.pem is written (Server.CAFile); "": nowhere
	Host    string   // its name, reached by a proxy that leads to Address; "": 127.0.0.1 and the port
	Clients []Client // beside SecretClient, KeyClient and PublicClient
	Users   []User   // beside ana@example.com

	// Scopes are those that a client without its own may ask for; nil: urn:opc:idm:__myscopes__,
	// urn:opc:resource:consumer::all and https://api.example.com/all.
	Scopes []string

	Rotation Rotation      // zero: Strict
	Grace    time.Duration // of Rotation Grace

	AccessTTL time.Duration // the resource application's setting, 1 s or more; 0: none, so 3600 s
	// TTLs is AccessTTL by scope: applications of their own, with settings of their own.
	TTLs       map[string]time.Duration
	RefreshTTL time.Duration // sliding; 0: 604800 s
	SessionTTL time.Duration // of a person's session; 0: 8 h

	YearAtRefresh    bool // a refresh without scope of a login with an expiry brings 31556952 s
	IDTokenAtRefresh bool // a refresh with openid brings an ID token, too

	Issuer            string   // iss of all tokens; "": https://identity.oraclecloud.com/
	Audience          []string // aud of access tokens; nil: https://api.example.com
	AudienceArray     bool     // aud is an array even with one member
	AssertionAudience string   // aud that assertions must have; "": https://identity.oraclecloud.com/
	TokenSize         int      // of access tokens in bytes, within 8 above or below; 0: as it comes
	IDTokenSize       int

	DeviceTTL      time.Duration // 0: 300 s
	DeviceInterval time.Duration // the member interval; 0: left out, as Oracle does
	DevicePace     time.Duration // a poll sooner than this after the last gets slow_down; 0: never

	// Keep bounds memory in a soak: at most so many events, requests and secrets are remembered, the
	// newest. 0: all.
	Keep int

	OpenKeys  bool                       // the signing certificate is open to all, see ConfigureClientAccess
	Authorize func(AuthRequest) Decision // the person at the login page; nil: approves as ana
	Clock     func() time.Time           // nil: time.Now
	Oracle    Oracle                     // judges token exchanges; nil: there are none
}

const oracleIssuer = "https://identity.oraclecloud.com/"

// withDefaults fills in what the zero values stand for.
func (o Options) withDefaults() Options {
	if o.Scopes == nil {
		o.Scopes = []string{"urn:opc:idm:__myscopes__", everyResource, "https://api.example.com/all"}
	}
	if o.RefreshTTL == 0 {
		o.RefreshTTL = 604800 * time.Second
	}
	if o.SessionTTL == 0 {
		o.SessionTTL = 8 * time.Hour
	}
	if o.DeviceTTL == 0 {
		o.DeviceTTL = 300 * time.Second
	}
	if o.Issuer == "" {
		o.Issuer = oracleIssuer
	}
	if o.AssertionAudience == "" {
		o.AssertionAudience = oracleIssuer
	}
	if o.Audience == nil {
		o.Audience = []string{"https://api.example.com"}
	}
	if o.Authorize == nil {
		o.Authorize = func(AuthRequest) Decision { return Decision{} }
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}
