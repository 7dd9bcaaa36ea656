package config

// The login methods: what a profile's login key may be.
const (
	Browser           = "browser"
	Device            = "device"
	Assertion         = "assertion"
	ClientCredentials = "client_credentials"
	Password          = "password"
	RefreshToken      = "refresh_token"
	OCILogin          = "oci"
)

// A Login is a login method, as far as the configuration and a cached answer need it. The rest, which talks to the
// domain and to people, is its row in package methods.
type Login struct {
	Name string
	// Alone: it needs no person, so a helper may log in by itself.
	Alone bool
	// Machine: its tokens are for no person, so it brings neither a refresh token nor an ID token.
	Machine bool
	// Confidential: the domain refuses it to a public client.
	Confidential bool
	// AnyScope: the scope was decided elsewhere, so the profile needs none.
	AnyScope bool
	// Subject is the user to whom its tokens belong, if the configuration has one; nil: it never has.
	Subject func(*Profile) string
	// Lacks is what else a profile must have for it, nil if it has all; a nil Lacks demands nothing.
	Lacks func(*Profile) *Lack
}

// A Lack is what a profile must have for a login method, and doesn't have.
type Lack struct {
	Key string // the key, in the words of a message: "redirect_url"
	How string // the line or table to write: `redirect_url = "…" in [profiles.work]`
}

// Logins are the login methods, in the order of the messages.
var Logins = []*Login{
	{
		Name: Browser,
		Lacks: func(p *Profile) *Lack {
			if p.RedirectURL != "" {
				return nil
			}
			return &Lack{"redirect_url", `redirect_url = "http://127.0.0.1:8976/callback" in [profiles.` + p.Name + `], as it is registered in the domain`}
		},
	},
	{Name: Device},
	{
		Name: Assertion, Alone: true, Confidential: true,
		Subject: func(p *Profile) string {
			if p.User == nil {
				return ""
			}
			return p.User.Subject
		},
		Lacks: func(p *Profile) *Lack {
			how := "[profiles." + p.Name + ".user] with subject and key_file"
			switch {
			case p.User == nil:
				return &Lack{"a user with a subject", how}
			case !p.User.Signs():
				return &Lack{"a key_file, the user's or the client's", how}
			}
			return nil
		},
	},
	{Name: ClientCredentials, Alone: true, Machine: true, Confidential: true},
	{
		Name: Password, Confidential: true,
		Subject: func(p *Profile) string { return p.Username },
		Lacks: func(p *Profile) *Lack {
			if p.Username != DefaultUsername {
				return nil
			}
			return &Lack{"username, the name at the domain", `username = "…" in [profiles.` + p.Name + `]`}
		},
	},
	{Name: RefreshToken, AnyScope: true},
	{Name: OCILogin, Alone: true, Machine: true, AnyScope: true},
}

// LoginNamed is the login method of that name, or nil.
func LoginNamed(name string) *Login {
	for _, l := range Logins {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// LoginNames are the names of all login methods.
func LoginNames() []string {
	names := make([]string, len(Logins))
	for i, l := range Logins {
		names[i] = l.Name
	}
	return names
}

// Missing is what a profile lacks for a login method; nil: nothing.
func (l *Login) Missing(p *Profile) *Lack {
	if l.Confidential && p.Client == nil {
		const how = "a client with a secret or a key: the domain gives it to no public client"
		return &Lack{how, how}
	}
	if l.Lacks == nil {
		return nil
	}
	return l.Lacks(p)
}

// Method is the profile's login method. A Profile that Load returned has one of Logins.
func (p *Profile) Method() *Login {
	if l := LoginNamed(p.Login); l != nil {
		return l
	}
	return &Login{Name: p.Login}
}

// Alone reports whether p's login needs no person, so that a helper may log in by itself. An OCI session needs one:
// it ends within the hour if nobody uses it, and only a person can make another.
func (p *Profile) Alone() bool {
	return p.Method().Alone && (p.OCI == nil || p.OCI.Principal != PrincipalSession)
}

// Subject is the user to whom the profile's tokens belong; empty: its login has none.
func (p *Profile) Subject() string {
	if m := p.Method(); m.Subject != nil {
		return m.Subject(p)
	}
	return ""
}

// NoIDToken is why the profile never has an ID token; empty: it may have one.
func (p *Profile) NoIDToken() string {
	switch {
	case p.Method().Machine:
		return `login = "` + p.Login + `" never brings an ID token`
	case !has(p.Scope, "openid"):
		return "an ID token needs openid in its scope"
	}
	return ""
}
