// Package engine joins the three leaves for one profile: the configuration says who the client is,
// idcs asks the domain, cache keeps the answer. It states facts; what a person should do about them
// is said in package call.
package engine

import (
	"context"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A World is what an Engine uses of the process and the machine.
type World struct {
	methods.Machine
	CacheDir string // absolute
	System   cache.System
	// Log is cache.System.Log, for what the domain is asked and says. Nil: nobody wants it.
	Log func(msg string, args ...any)
	// Mend is the command that mends a fault of the profile's own files, or empty. It is stored with
	// a failure, so that all processes of the machine say the same.
	Mend func(p *config.Profile, err error) string
}

// An Engine is one profile's way to its tokens. It serves one call of the program and isn't meant
// for several goroutines.
type Engine struct {
	Profile *config.Profile
	world   World
	dir     *cache.Dir
	key     cache.Key
	clock   *call.ClockError // what an answer revealed about this machine's clock
	cause   error            // why the last attempt failed
	last    *cache.Failure   // the failure before this attempt
	person  bool             // somebody logs in, and is there to mend what is wrong
}

// New looks at the cache folder. The error is a *cache.FolderError.
func New(w World, p *config.Profile) (*Engine, error) {
	dir, err := cache.Open(w.CacheDir, w.System)
	if err != nil {
		return nil, err
	}
	return &Engine{Profile: p, world: w, dir: dir, key: call.Key(p)}, nil
}

// Token returns the stored tokens, renewed where that is due; see cache.Dir.Token.
func (e *Engine) Token(ctx context.Context, w cache.Want) (cache.Result, error) {
	return e.warned(e.dir.Token(ctx, e.key, w, e.renewal()))
}

// Drop forgets an access token that a server refused; see cache.Dir.Drop.
func (e *Engine) Drop(ctx context.Context, refused secret.Text) error {
	return e.dir.Drop(ctx, e.key, refused)
}

// Logout revokes the refresh token and deletes everything stored; see cache.Dir.Logout.
func (e *Engine) Logout(ctx context.Context) error {
	return e.dir.Logout(ctx, e.key, e.revoke)
}

// ForgetOthers deletes what is stored for no profile of these; see cache.Dir.ForgetOthers.
func (e *Engine) ForgetOthers(ctx context.Context, profiles []*config.Profile) (gone []string, err error) {
	var keep []cache.Key
	for _, p := range profiles {
		keep = append(keep, call.Key(p))
	}
	return e.dir.ForgetOthers(ctx, keep)
}

func (e *Engine) revoke(ctx context.Context, refresh secret.Text, skew time.Duration) error {
	c, err := e.client(ctx, cache.Attempt{Connect: cache.ConnectPerson, Skew: skew})
	if err != nil {
		return err
	}
	return c.Revoke(ctx, refresh, nil)
}

// client is the domain's client with its proof, for one attempt.
func (e *Engine) client(ctx context.Context, a cache.Attempt) (*idcs.Client, error) {
	c, err := e.world.Client(ctx, e.Profile)
	if err != nil {
		return nil, err
	}
	c.Connect = a.Connect
	if tooFar(a.Skew) && a.Skew.Abs() <= mostSkew {
		c.Skew = a.Skew
	}
	return c, nil
}

// View is what the files say, without lock or network.
func (e *Engine) View() cache.View { return e.dir.View(e.key, e.renewal()) }

// IssuedFor is what the stored access token, or the ID token, says of its issuer and its audiences, from
// the files alone. Empty where none is stored.
func (e *Engine) IssuedFor(id bool) (issuer string, audiences []string) {
	return idcs.IssuedFor(e.dir.Unsigned(e.key, id))
}

// loggedIn is what a login came to. What it overwrote is revoked, so that no login lives on that nobody has;
// best effort, since it also ends by itself.
func (e *Engine) loggedIn(ctx context.Context, r cache.Result, err error) (cache.Result, error) {
	if err == nil && !r.Overwritten.Empty() {
		ctx, cancel := context.WithTimeout(ctx, loginLimit)
		defer cancel()
		_ = e.revoke(ctx, r.Overwritten, 0)
	}
	return e.warned(r, err)
}

func (e *Engine) warned(r cache.Result, err error) (cache.Result, error) {
	if e.clock != nil {
		r.Warnings = append(r.Warnings, e.clock)
	}
	return r, err
}
