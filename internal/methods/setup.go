package methods

import (
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/signin"
)

// Setup is what the domain must have for a profile's login by a method.
func Setup(p *config.Profile, m *Method) signin.Setup {
	s := signin.Setup{Login: m.Name, Grant: m.Console, Confidential: m.Confidential, RedirectURL: p.RedirectURL}
	if c := p.Client; c != nil {
		s.Proof, s.KeyID = "secret", c.KeyID
		if c.Signs() {
			s.Proof = "key"
		}
	}
	return s
}
