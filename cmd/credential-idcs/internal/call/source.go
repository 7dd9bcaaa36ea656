package call

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A source answers helpers: the configuration says who owns a target, the profile's Tokens have
// the token.
type source struct {
	app  *App
	file *config.File
}

// find is the profile that answers an Ask.
func (s *source) find(ask helpers.Ask) (*config.Profile, helpers.Owner, error) {
	p, owner, err := s.search(ask)
	if log := s.app.Log(); log != nil {
		if err != nil {
			log("no profile", "target", ask.Target.String(), "why", err)
		} else {
			log("profile found", "target", ask.Target.String(), "profile", p.Name, "username", owner.Username)
		}
	}
	return p, owner, err
}

func (s *source) search(ask helpers.Ask) (*config.Profile, helpers.Owner, error) {
	if ask.Target.IsZero() {
		variable := s.app.Getenv("CREDENTIAL_IDCS_PROFILE")
		if ask.Sole && ask.Profile == "" && variable == "" && len(s.file.Profiles) > 1 {
			return nil, helpers.Owner{}, &helpers.Failure{
				Class:   helpers.Config,
				Message: "the client doesn't tell the server, and there are several profiles (" + text.Clean(strings.Join(s.file.Names(), ", ")) + "): the arguments in the kubeconfig need --profile NAME",
				Command: "credential-idcs configure kubectl --profile " + text.Word(s.file.Names()[0]),
			}
		}
		p, err := s.file.Choose(ask.Profile, variable)
		if err != nil {
			return nil, helpers.Owner{}, ExplainConfig(err)
		}
		return p, helpers.Owner{Profile: p.Name, Username: p.Username, Scheme: "auto", Unattended: p.Alone()}, nil
	}
	p, t, err := s.file.Owner(ask.Target, ask.Username, ask.Profile)
	if err != nil {
		return nil, helpers.Owner{}, ExplainConfig(err)
	}
	return p, ownerOf(p, t), nil
}

func (s *source) Owner(ask helpers.Ask) (helpers.Owner, error) {
	_, owner, err := s.find(ask)
	return owner, err
}

func (s *source) Credential(ctx context.Context, ask helpers.Ask) (helpers.Credential, error) {
	p, owner, err := s.find(ask)
	if err != nil {
		return helpers.Credential{}, err
	}
	w := cache.Want{Need: ask.Need, Suspect: ask.Suspect, CachedOnly: ask.CachedOnly}
	w.ID = ask.Kind == helpers.ID || ask.Kind == helpers.ProfilesToken && p.Token == "id"
	if w.ID {
		if err := NoIDToken(p); err != nil {
			return helpers.Credential{}, err
		}
	}
	t, err := s.app.renew(s.app, p)
	if err != nil {
		return helpers.Credential{}, err
	}
	r, err := t.Token(ctx, w)
	if err != nil {
		return helpers.Credential{}, s.failed(p, err)
	}
	s.app.Warn(p, r.Warnings)
	token, stamp := r.Token.Access, r.Token.AccessStamp
	if w.ID {
		token, stamp = r.Token.ID, r.Token.IDStamp
	}
	return helpers.Credential{Owner: owner, Secret: token, Expiry: Reported(stamp.Expires(), s.app.Now())}, nil
}

// Reported is the expiry told to clients: 30 s before the token dies while more than 60 s are left, so
// that they come back in time; else the time it dies. Whole seconds, rounded down, but never past.
func Reported(dies, now time.Time) time.Time {
	if dies.Sub(now) > 60*time.Second {
		dies = dies.Add(-30 * time.Second)
	}
	t := dies.Truncate(time.Second)
	if t.Before(now) { // less than a second is left
		t = now.Truncate(time.Second).Add(time.Second)
	}
	return t.UTC()
}

func (s *source) Refused(ctx context.Context, ask helpers.Ask, access secret.Text) error {
	p, _, err := s.find(ask)
	if err != nil {
		return err
	}
	t, err := s.app.renew(s.app, p)
	if err != nil {
		return err
	}
	if err := t.Drop(ctx, access); err != nil {
		return s.failed(p, err)
	}
	return nil
}

// failed explains an error of a call. A signal that was held back until the new token was safe ends
// the process here: whatever a helper would print now must not be printed.
func (s *source) failed(p *config.Profile, err error) error {
	if sig, ok := errors.AsType[*cache.SignalError](err); ok {
		s.app.endLog(err)
		s.app.Exit(128 + sig.Number)
	}
	return Explain(p.Name, err)
}

func (s *source) Targets() ([]helpers.Listed, error) {
	var all []helpers.Listed
	for _, p := range s.file.Profiles {
		all = append(all, Listed(p)...)
	}
	return all, nil
}

func (s *source) Ready(profile string) bool {
	p, err := s.file.Profile(profile)
	if err != nil {
		return false
	}
	if p.Alone() {
		return true
	}
	t, err := s.app.renew(s.app, p)
	if err != nil {
		return false
	}
	switch t.View().State {
	case "fresh", "stale", "expired":
		return true
	}
	return false
}

// NoIDToken is why a profile never has an ID token, or nil.
func NoIDToken(p *config.Profile) error {
	why := p.NoIDToken()
	if why == "" {
		return nil
	}
	return &helpers.Failure{Class: helpers.Profile, Message: "profile " + p.Name + ": " + why}
}

// Listed are a profile's targets.
func Listed(p *config.Profile) []helpers.Listed {
	all := make([]helpers.Listed, 0, len(p.Targets))
	for i := range p.Targets {
		t := &p.Targets[i]
		all = append(all, helpers.Listed{Owner: ownerOf(p, t), Target: t.Target})
	}
	return all
}

// ownerOf is what the configuration says of a target.
func ownerOf(p *config.Profile, t *config.Target) helpers.Owner {
	return helpers.Owner{Profile: p.Name, Username: t.Username, Scheme: t.Scheme, Unattended: p.Alone()}
}
