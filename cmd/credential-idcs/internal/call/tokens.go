package call

import (
	"context"
	"fmt"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// Tokens gets, drops and describes the tokens of one profile or target; see cache.Dir.
type Tokens interface {
	Token(ctx context.Context, q cache.Query) (cache.Result, error)
	Drop(ctx context.Context, refused secret.Text) error
	View() cache.View
}

// A Renewer returns Tokens that can be renewed: those of a target if they are Derived, else the profile's own.
// Package engine has it.
type Renewer func(*App, *config.Profile, *config.Target) (Tokens, error)

// tokens are a profile's in this run, or a target's. The error is a *helpers.Failure.
func (a *App) tokens(p *config.Profile, t *config.Target) (Tokens, error) {
	if a.renew != nil {
		return a.renew(a, p, t)
	}
	folder, err := a.CacheDir()
	if err != nil {
		return nil, err
	}
	dir, err := cache.Open(folder, a.System(nil))
	if err != nil {
		return nil, Explain(p.Name, err)
	}
	s := &stored{app: a, dir: dir, profile: p, key: KeyOf(p, t, a.Getenv)}
	if !Derived(p, t) {
		s.key = dir.Where(s.key, FormerKey(a.File, p))
	}
	return s, nil
}

// System is this machine, with the sealing that the configuration sets. keyring is the person's keyring; nil: only
// the kernel's keys are used.
func (a *App) System(keyring cache.KeyStore) cache.System {
	if a.File == nil {
		return cache.NewSystem().Sealed("", 0, keyring)
	}
	return cache.NewSystem().Sealed(a.File.Seal, a.File.SealTimeout, keyring)
}

// stored are Tokens from the files alone. What the files don't have makes the call unanswered.
type stored struct {
	app     *App
	dir     *cache.Dir
	profile *config.Profile
	key     cache.Key
}

func (s *stored) Token(ctx context.Context, q cache.Query) (cache.Result, error) {
	q.CachedOnly = true
	r, err := s.dir.Token(ctx, s.key, q, s.renewal())
	if err != nil {
		s.app.unanswered = true
	}
	return r, err
}

// Drop is left to the engine, which also looks for the files of an earlier version.
func (s *stored) Drop(context.Context, secret.Text) error {
	s.app.unanswered = true
	return nil
}

func (s *stored) View() cache.View { return s.dir.View(s.key, s.renewal()) }

// renewal renews nothing, but tells when a pause is over.
func (s *stored) renewal() cache.Renewal {
	return cache.Renewal{Client: func() string { return s.profile.ClientDigest(s.app.Getenv) }}
}

// Key is the cache key of a profile's own tokens. It is made of everything that decides whose tokens they are, so
// that after a change of that the old ones aren't used. Two profiles with one key share one login.
func Key(p *config.Profile) cache.Key {
	if !p.HasUsername() || p.Login == config.Password {
		return formerKey(p)
	}
	return cache.NewKey(p.Domain, p.ClientID, p.Login, p.Subject(), p.LoginScope(), p.Username)
}

// FormerKey is the key that version 0.1.0 gave a profile. It is empty if it is the same today, or if another
// profile of the file had it, too: then nobody can say whose files they are.
func FormerKey(f *config.File, p *config.Profile) cache.Key {
	former := formerKey(p)
	if f == nil || former == Key(p) {
		return ""
	}
	for _, q := range f.Profiles {
		if q.Name != p.Name && formerKey(q) == former {
			return ""
		}
	}
	return former
}

// formerKey has a user name for logins by password only: with a browser all profiles of one application had to
// belong to one user.
func formerKey(p *config.Profile) cache.Key {
	return cache.NewKey(p.Domain, p.ClientID, p.Login, p.Subject(), p.LoginScope())
}

// Derived reports whether the credential for a target is derived from the profile's OCI principal, and stored by
// itself. With nil it reports that for the profile's own tokens.
//
//go:noinline
func Derived(p *config.Profile, t *config.Target) bool {
	return p.Login == config.OCILogin || p.OCI != nil && t != nil && t.Kind != config.KindToken
}

// KeyOf is the cache key of what a target gets: Key, or for a Derived credential one that also has the principal's
// identity.
func KeyOf(p *config.Profile, t *config.Target, getenv func(string) string) cache.Key {
	if !Derived(p, t) {
		return Key(p)
	}
	who := p.OCI.Identity(getenv)
	switch {
	case p.OCI.Principal == config.PrincipalExchange:
		who = string(Key(p))
	case who == "":
		who = unknown(p, getenv)
	}
	switch {
	case t != nil && t.Kind == config.KindOCIR:
		return cache.NewKey(t.Kind, t.HostPort(), who)
	case t != nil && t.Kind == config.KindOKE:
		return cache.NewKey(t.Kind, t.Cluster, t.Region, who)
	}
	return cache.NewKey(config.KindToken, p.Domain, p.Scope, who)
}

// unknown is the identity of a principal that has none in its files or its token. With the oci CLI's files nothing
// is stored under it: the attempt fails. Tokens without a subject are told apart by their digests.
func unknown(p *config.Profile, getenv func(string) string) string {
	who := "unknown\n" + p.OCI.Principal + "\n" + p.OCI.Profile
	if p.OCI.Principal == config.PrincipalResource || p.OCI.Principal == config.PrincipalWorkload {
		who += "\n" + p.ClientDigest(getenv)
	}
	return who
}

// Keys are all keys under which something is stored for a profile.
func Keys(p *config.Profile, getenv func(string) string) []cache.Key {
	keys := []cache.Key{KeyOf(p, nil, getenv)}
	if p.OCI == nil {
		return keys
	}
	for i := range p.Targets {
		keys = append(keys, KeyOf(p, &p.Targets[i], getenv))
	}
	return append(keys, SessionKey(p, getenv))
}

// SessionKey is the cache key of the tokens that a session file's token was renewed to.
func SessionKey(p *config.Profile, getenv func(string) string) cache.Key {
	return cache.NewKey("oci-session", p.OCI.Identity(getenv))
}

// SameLogin are the profiles of the file that share p's login, without p.
func SameLogin(f *config.File, p *config.Profile) (names []string) {
	if p.Login == config.OCILogin {
		return nil // its tokens have keys by target
	}
	for _, q := range f.Profiles {
		if q.Name != p.Name && Key(q) == Key(p) {
			names = append(names, q.Name)
		}
	}
	return names
}

// A SubjectError warns that a refresh brought the token of another user.
type SubjectError struct{ Before, Now string }

func (e *SubjectError) Error() string {
	return fmt.Sprintf("the refresh brought a token of %s in place of %s", e.Now, e.Before)
}

// A MemoryError warns that tokens can't be stored, so that each call gets new ones from the domain.
type MemoryError struct{ Err error }

func (e *MemoryError) Error() string {
	return "no token is kept, each call gets a new one: " + e.Err.Error()
}

func (e *MemoryError) Unwrap() error { return e.Err }

// The classes of a failure that is stored for all processes; reaction has what each leads to.
const (
	Configured = policy.Configured
	Login      = policy.Login
	Later      = policy.Later
	Failed     = policy.Failed
)

// A ClockError warns that this machine's clock is so wrong that assertions or signatures are refused.
type ClockError struct {
	Skew   time.Duration // the other clock minus ours
	Oracle bool          // the other one is Oracle's, and not the domain's
}

func (e *ClockError) Error() string {
	way, by := "behind", e.Skew
	if by < 0 {
		way, by = "ahead of", -by
	}
	whose := "the domain's"
	if e.Oracle {
		whose = "Oracle's"
	}
	return fmt.Sprintf("this machine's clock is %s %s %s", by.Round(time.Second), way, whose)
}
