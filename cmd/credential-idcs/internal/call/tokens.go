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

// Tokens is a profile's way to its tokens.
type Tokens interface {
	Token(ctx context.Context, q cache.Query) (cache.Result, error)
	Drop(ctx context.Context, refused secret.Text) error
	View() cache.View
}

// A Renewer opens the way to tokens that can be renewed: a profile's own, or, for a target that Derived
// says yes to, that target's. Package engine has it.
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

// System is this machine, with the sealing that the configuration asks for. keyring is the person's; without one
// only the keys that the kernel has are found.
func (a *App) System(keyring cache.KeyStore) cache.System {
	if a.File == nil {
		return cache.NewSystem().Sealed("", 0, keyring)
	}
	return cache.NewSystem().Sealed(a.File.Seal, a.File.SealTimeout, keyring)
}

// stored is what the files have. What they haven't makes the call unanswered.
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

// Drop is left to the engine, which knows more of where the files are.
func (s *stored) Drop(context.Context, secret.Text) error {
	s.app.unanswered = true
	return nil
}

func (s *stored) View() cache.View { return s.dir.View(s.key, s.renewal()) }

// renewal renews nothing, but tells when a pause is over.
func (s *stored) renewal() cache.Renewal {
	return cache.Renewal{Client: func() string { return s.profile.ClientDigest(s.app.Getenv) }}
}

// Key names what a profile's tokens belong to. Who changes one of these is somebody else to the domain and
// must not be given the tokens of before. Two profiles with one key are one login.
func Key(p *config.Profile) cache.Key {
	if !p.HasUsername() || p.Login == config.Password {
		return formerKey(p)
	}
	return cache.NewKey(p.Domain, p.ClientID, p.Login, p.Subject(), p.LoginScope(), p.Username)
}

// FormerKey is the key that version 0.1.0 gave a profile, where that was another one and no other profile
// of the file had it: then its files can be no other's. Else it is empty.
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

// formerKey knows a user name of logins by password only: who logged in by a browser had to be the same
// for all profiles of one application.
func formerKey(p *config.Profile) cache.Key {
	return cache.NewKey(p.Domain, p.ClientID, p.Login, p.Subject(), p.LoginScope())
}

// Derived reports whether a credential for a target is derived from the profile's OCI principal, and
// stored by itself. Without a target it is asked for what the profile's own tokens are.
func Derived(p *config.Profile, t *config.Target) bool {
	return p.Login == config.OCILogin || p.OCI != nil && t != nil && t.Kind != config.KindToken
}

// KeyOf is Key, or names what was derived for a target: who signs as somebody else is somebody else to
// Oracle.
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

// unknown stands for a principal that doesn't say who it is. With Oracle's files nothing is stored then: the
// attempt fails and tells why. A token without a subject is told from another one by its text.
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

// SessionKey is where the successors of a session file's token are kept.
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

// A MemoryError warns that the tokens can't be kept, so that each call asks the domain for new ones.
type MemoryError struct{ Err error }

func (e *MemoryError) Error() string {
	return "no token is kept, each call gets a new one: " + e.Err.Error()
}

func (e *MemoryError) Unwrap() error { return e.Err }

// The classes of a failure that is shared between processes: how each of them reacts.
const (
	Configured = policy.Configured
	Login      = policy.Login
	Later      = policy.Later
	Failed     = policy.Failed
)

// A ClockError warns that this machine's clock is wrong by so much that assertions or signatures are refused.
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
