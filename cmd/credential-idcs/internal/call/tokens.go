package call

import (
	"context"
	"fmt"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// Tokens is a profile's way to its tokens.
type Tokens interface {
	Token(ctx context.Context, w cache.Want) (cache.Result, error)
	Drop(ctx context.Context, refused secret.Text) error
	View() cache.View
}

// A Renewer opens a profile's way to tokens that can be renewed. Package engine has it.
type Renewer func(*App, *config.Profile) (Tokens, error)

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

// SameLogin are the profiles of the file that share p's login, without p.
func SameLogin(f *config.File, p *config.Profile) (names []string) {
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
	Configured = "configuration" // the client, its key, its scope, the domain's certificate
	Login      = "login"         // a person must log in
	Later      = "later"         // network, rate limit, an answer that is none
	Failed     = "failure"       // an answer that is none of these
)

// A ClockError warns that this machine's clock is wrong by so much that assertions are refused.
type ClockError struct{ Skew time.Duration } // the domain's clock minus ours

func (e *ClockError) Error() string {
	way, by := "behind", e.Skew
	if by < 0 {
		way, by = "ahead of", -by
	}
	return fmt.Sprintf("this machine's clock is %s %s the domain's", by.Round(time.Second), way)
}
