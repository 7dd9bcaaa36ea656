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
// must not be given the tokens of before.
func Key(p *config.Profile) cache.Key {
	return cache.NewKey(p.Domain, p.ClientID, p.Login, p.Subject(), p.LoginScope())
}

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
