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

// A source answers helpers (helpers.Source): the configuration has the owner of a target, the profile's Tokens
// have the token.
type source struct {
	app  *App
	file *config.File
}

// find is the profile that answers a query, and its target, nil if the query names none.
func (s *source) find(query helpers.Query) (*config.Profile, *config.Target, error) {
	p, t, err := s.search(query)
	if log := s.app.Log(); log != nil {
		if err != nil {
			log("no profile", "target", query.Target.String(), "why", err)
		} else {
			log("profile found", "target", query.Target.String(), "profile", p.Name, "username", ownerOf(p, t).Username)
		}
	}
	return p, t, err
}

func (s *source) search(query helpers.Query) (*config.Profile, *config.Target, error) {
	if query.Target.IsZero() {
		variable := s.app.Getenv("CREDENTIAL_IDCS_PROFILE")
		if query.Sole && query.Profile == "" && variable == "" && len(s.file.Profiles) > 1 {
			return nil, nil, &helpers.Failure{
				Class:   helpers.Config,
				Message: "the client doesn't tell the server, and there are several profiles (" + text.Clean(strings.Join(s.file.Names(), ", ")) + "): the arguments in the kubeconfig need --profile NAME",
				Command: "credential-idcs configure kubectl --profile " + text.Word(s.file.Names()[0]),
			}
		}
		p, err := s.file.Choose(query.Profile, variable)
		if err != nil {
			return nil, nil, ExplainConfig(err)
		}
		t, err := unnamed(p, query.Kind)
		return p, t, err
	}
	p, t, err := s.file.Owner(query.Target, config.Query{Username: query.Username, Profile: query.Profile, Tool: s.app.tool})
	if err == nil && !takes(t.Kind, query.Kind) {
		err = &config.UnlistedError{Target: query.Target, Profile: query.Profile}
	}
	if err != nil {
		return nil, nil, ExplainConfig(err)
	}
	return p, t, nil
}

// takes reports whether a call for one kind of token can use a target of some kind: a registry's token is of no use
// to git, nor a cluster's to docker.
func takes(target string, kind helpers.Kind) bool {
	switch target {
	case config.KindOCIR:
		return kind == helpers.Registry
	case config.KindOKE:
		return kind == helpers.Cluster
	}
	return true
}

// unnamed is the target for a call that names none; nil means the profile's own token. A cluster's token is given
// only if the profile has one cluster and nothing else: every other server would refuse it.
func unnamed(p *config.Profile, kind helpers.Kind) (*config.Target, error) {
	var clusters []*config.Target
	tokens := p.Login != config.OCILogin
	for i := range p.Targets {
		switch t := &p.Targets[i]; t.Kind {
		case config.KindOKE:
			clusters = append(clusters, t)
		case config.KindToken:
			tokens = true
		}
	}
	switch {
	case kind == helpers.Cluster && len(clusters) == 1 && !tokens:
		return clusters[0], nil
	case kind == helpers.Cluster && len(clusters) > 0:
		return nil, &helpers.Failure{Class: helpers.Profile, Message: "profile " + p.Name +
			": it has tokens for several API servers, and the kubeconfig doesn't say which one is asked (provideClusterInfo: true)",
			Command: "credential-idcs configure kubectl --context CONTEXT --profile " + text.Word(p.Name)}
	case !tokens:
		return nil, &helpers.Failure{Class: helpers.Profile, Message: "profile " + p.Name + ": it has no token without a target, its OCI principal gets one for each"}
	}
	return nil, nil
}

func (s *source) Owner(query helpers.Query) (helpers.Owner, error) {
	p, t, err := s.find(query)
	if err == nil {
		err = NoOCI(p, t)
	}
	if err != nil {
		return helpers.Owner{}, err
	}
	return ownerOf(p, t), nil
}

func (s *source) Credential(ctx context.Context, query helpers.Query) (helpers.Credential, error) {
	p, target, err := s.find(query)
	if err != nil {
		return helpers.Credential{}, err
	}
	if err := NoOCI(p, target); err != nil {
		return helpers.Credential{}, err
	}
	w := cache.Query{Need: query.Need, Suspect: query.Suspect, CachedOnly: query.CachedOnly, Half: query.Half}
	if query.Half && target != nil {
		w.Least = target.MinTTL
	}
	w.ID = query.Kind == helpers.ID || query.Kind == helpers.Cluster && p.Token == "id" && !Derived(p, target)
	if w.ID {
		if err := NoIDToken(s.file, p); err != nil {
			return helpers.Credential{}, err
		}
	}
	t, err := s.app.tokens(p, target)
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
	return helpers.Credential{Owner: ownerOf(p, target), Secret: token, Expiry: Reported(stamp.Expires(), s.app.Now())}, nil
}

// Reported is the expiry that clients get, UTC: 30 s before the token's while more than 60 s are left, so that they
// ask again in time; else the token's. Whole seconds, rounded down, but never in the past.
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

func (s *source) Refused(ctx context.Context, query helpers.Query, access secret.Text) error {
	p, target, err := s.find(query)
	if err != nil {
		return err
	}
	t, err := s.app.tokens(p, target)
	if err != nil {
		return err
	}
	if err := t.Drop(ctx, access); err != nil {
		return s.failed(p, err)
	}
	return nil
}

// failed explains an error of a call. A signal that was held back until the new token was stored ends the process
// here, so that the helper prints nothing more.
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
		for _, l := range Listed(p) {
			if s.app.tool == "" || l.For(s.app.tool) {
				all = append(all, l)
			}
		}
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
	if p.Login == config.OCILogin {
		folder, err := s.app.CacheDir()
		if err != nil {
			return false
		}
		dir, err := cache.Open(folder, s.app.System(nil))
		return err == nil && (SessionEnds(dir, p, s.app.Getenv).After(s.app.Now()) || registryLives(dir, p, s.app.Getenv))
	}
	t, err := s.app.tokens(p, nil)
	if err != nil {
		return false
	}
	switch t.View().State {
	case "fresh", "stale", "expired", "locked":
		return true
	}
	return false
}

// NoIDToken is a *helpers.Failure that says why a profile never has an ID token, or nil.
func NoIDToken(f *config.File, p *config.Profile) error {
	why := p.NoIDToken()
	if why == "" {
		return nil
	}
	return &helpers.Failure{Class: helpers.Profile, Message: "profile " + p.Name + ": " + why, Command: edit(f.Path)}
}

// Listed are a profile's targets.
func Listed(p *config.Profile) []helpers.Listed {
	all := make([]helpers.Listed, 0, len(p.Targets))
	for i := range p.Targets {
		t := &p.Targets[i]
		all = append(all, helpers.Listed{Owner: ownerOf(p, t), Target: t.Target, Tools: t.Tools})
	}
	return all
}

// Unserved is a *helpers.Failure that says why a server of Oracle's accepts nothing that the profile gets, or nil.
func Unserved(p *config.Profile, t *config.Target) error {
	if config.OwnTokens(t.HostPort()) {
		return &helpers.Failure{
			Class:   helpers.Profile,
			Message: "profile " + p.Name + ": " + t.String() + " takes no token of an identity domain, only auth tokens and passwords of its own",
			Command: "credential-idcs target remove " + text.Word(t.String()) + " --profile " + text.Word(p.Name),
		}
	}
	return NoOCI(p, t)
}

// NoOCI is a *helpers.Failure for a registry or cluster of Oracle's in a profile without an OCI principal, or nil.
func NoOCI(p *config.Profile, t *config.Target) error {
	if p.OCI != nil || t == nil || t.Kind == config.KindToken {
		return nil
	}
	return &helpers.Failure{
		Class:   helpers.Profile,
		Message: "profile " + p.Name + ": " + t.String() + " takes no token of an identity domain; add [profiles." + p.Name + ".oci]",
		Command: "credential-idcs help oci",
	}
}

// ownerOf is what the configuration has for a target; nil: for the profile itself.
func ownerOf(p *config.Profile, t *config.Target) helpers.Owner {
	if t == nil {
		return helpers.Owner{Profile: p.Name, Username: p.Username, Scheme: "auto", Unattended: p.Alone()}
	}
	return helpers.Owner{
		Profile: p.Name, Username: t.Username, Scheme: t.Scheme, Named: t.Named, Unattended: p.Alone(),
		Own: t.Kind != config.KindToken && Derived(p, t),
	}
}
