// Package engine joins three packages for one profile: config says who the client is, idcs sends the requests to the
// domain, cache stores the tokens. It returns facts; package call adds what a person should do about them.
package engine

import (
	"context"
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/secretservice"
)

// A World is what an Engine uses of the process and the machine.
type World struct {
	methods.Machine
	CacheDir string // absolute
	System   cache.System
	// Keyring is the one of System that may ask a person. Nil: there is none.
	Keyring *secretservice.Keyring
	// File is the whole configuration, which says what else belongs to a profile's files. Nil: nothing.
	File *config.File
	// Log is cache.System.Log, for requests and answers. Nil: there is no log.
	Log func(msg string, args ...any)
	// Mend is the command that mends a fault of the profile's own files, or empty. It is stored with
	// a failure, so that all processes of the machine say the same.
	Mend func(p *config.Profile, err error) string
}

// An Engine gets, stores and renews the tokens of one profile or target. It serves one run of the program, and one
// goroutine.
type Engine struct {
	Profile *config.Profile
	target  *config.Target // what is derived for it; nil: the profile's own tokens
	world   World
	dir     *cache.Dir
	key     cache.Key
	former  cache.Key          // see call.FormerKey
	clock   *call.ClockError   // what an answer revealed about this machine's clock
	subject *call.SubjectError // a refresh brought another user's token
	cause   error              // why the last attempt failed
	last    *cache.Failure     // the failure before this attempt
	person  bool               // a person logs in, and can mend what is wrong
}

// New makes the engine of a profile's own tokens, or, for a target with a derived credential (call.Derived), of that.
// The error is a *cache.FolderError.
func New(w World, p *config.Profile, t *config.Target) (*Engine, error) {
	dir, err := cache.Open(w.CacheDir, w.System)
	if err != nil {
		return nil, err
	}
	if !call.Derived(p, t) {
		return &Engine{Profile: p, world: w, dir: dir, key: call.Key(p), former: call.FormerKey(w.File, p)}, nil
	}
	return &Engine{Profile: p, target: t, world: w, dir: dir, key: call.KeyOf(p, t, w.Getenv)}, nil
}

// settled is the key under which the profile's files are. An earlier version's files are moved to it first.
func (e *Engine) settled(ctx context.Context) cache.Key { return e.dir.Settle(ctx, e.key, e.former) }

// Token returns the stored tokens, renewed if that is due; see cache.Dir.Token. If there is no folder to store them
// in, and none can be made, a login that needs no person is made for this call alone.
func (e *Engine) Token(ctx context.Context, q cache.Query) (cache.Result, error) {
	key := e.settled(ctx)
	r, err := e.dir.Token(ctx, key, q, e.renewal())
	if key != e.key && errors.Is(err, cache.ErrNothing) && e.settled(ctx) == e.key { // moved while we waited
		r, err = e.dir.Token(ctx, e.key, q, e.renewal())
	}
	if e.renewal().Grant != nil && !q.CachedOnly && homeless(err) {
		r, err = e.fromMemory(ctx, q, err)
	}
	return e.warned(r, err)
}

// homeless reports that nothing can be stored and nothing is: in a container with a read-only root, say. A folder that
// is full, can't be read or has no locks doesn't count: a refresh token may be in it.
func homeless(err error) bool {
	folder, ok := errors.AsType[*cache.FolderError](err)
	return ok && folder.Absent
}

// fromMemory gets tokens that end with this call.
func (e *Engine) fromMemory(ctx context.Context, q cache.Query, why error) (cache.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, memoryLimit)
	defer cancel()
	begun := e.world.Now()
	t, refusal := e.renewal().Grant(ctx, cache.Attempt{Connect: memoryLimit, Clock: func(time.Duration) {}, Sending: func() error { return nil }})
	switch {
	case refusal != nil:
		return cache.Result{}, &refusal.Failure
	case q.ID && t.ID.Empty():
		return cache.Result{}, cache.ErrNoID
	}
	t.AccessStamp.Obtained, t.IDStamp.Obtained = begun, begun
	return cache.Result{Token: t, Warnings: []error{&call.MemoryError{Err: why}}}, nil
}

// memoryLimit is how long a call without a cache folder may take in all.
const memoryLimit = 20 * time.Second

// Drop forgets an access token that a server refused; see cache.Dir.Drop.
func (e *Engine) Drop(ctx context.Context, refused secret.Text) error {
	err := e.dir.Drop(ctx, e.settled(ctx), refused)
	if e.renewal().Grant != nil && homeless(err) {
		return nil // it isn't stored
	}
	return err
}

// Logout revokes the refresh token and deletes everything stored; see cache.Dir.Logout.
func (e *Engine) Logout(ctx context.Context) error {
	defer e.asksPerson()()
	if call.Derived(e.Profile, e.target) { // there is nothing to revoke
		return e.dir.Logout(ctx, e.key, func(context.Context, secret.Text, time.Duration) error { return nil })
	}
	return e.dir.Logout(ctx, e.settled(ctx), e.revoke)
}

// Reseal writes what is stored in the configured form; see cache.Dir.Reseal. It opens no keyring.
func (e *Engine) Reseal(ctx context.Context) (changed bool, err error) {
	if k := e.world.Keyring; k != nil {
		k.Confirms = true
		defer func() { k.Confirms = false }()
	}
	return e.dir.Reseal(ctx, e.settled(ctx))
}

// Unlock makes the key of sealed tokens available. The keyring may ask the person for its password.
func (e *Engine) Unlock() error {
	defer e.asksPerson()()
	return e.dir.Unlock(e.where())
}

// MakeKey gets the key for new tokens from where a person may be asked for that; see cache.Dir.MakeKey.
func (e *Engine) MakeKey() error {
	defer e.asksPerson()()
	return e.dir.MakeKey()
}

// Sealing is why a login couldn't be sealed as configured, or nil. person: somebody may be asked for a password.
func (e *Engine) Sealing(person bool) error {
	if person {
		defer e.asksPerson()()
	}
	return e.dir.Sealing()
}

// asksPerson lets the keyring show its dialog, until done.
func (e *Engine) asksPerson() (done func()) {
	k := e.world.Keyring
	if k == nil {
		return func() {}
	}
	k.Person, k.Confirms = true, true
	return func() { k.Person, k.Confirms = false, false }
}

// Lock removes the keys that a keyring has lent; see cache.Dir.Lock.
func (e *Engine) Lock() error { return e.dir.Lock() }

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
	methods.Correct(c, a.Skew)
	return c, nil
}

// Prepare lets a secret_command ask the person at the terminal, see methods.Machine.
func (e *Engine) Prepare(ctx context.Context) error {
	typed, err := e.world.Prepare(ctx, e.Profile)
	e.world.Typed = typed
	return err
}

// View describes what is stored, without lock or network.
func (e *Engine) View() cache.View { return e.dir.View(e.where(), e.renewal()) }

// where is settled without moving files.
func (e *Engine) where() cache.Key { return e.dir.Where(e.key, e.former) }

// Subject is the user of the stored token, as in the token itself, from the files alone: "ana@example.com". Empty if
// none is stored or it has none.
func (e *Engine) Subject() string {
	for _, id := range []bool{false, true} {
		if s := idcs.Subject(e.dir.Unsigned(e.where(), id)); s != "" {
			return s
		}
	}
	return ""
}

// SubjectOf is Subject for tokens that were just got.
func SubjectOf(t cache.Token) string {
	if s := idcs.Subject(t.Access.Reveal()); s != "" {
		return s
	}
	return idcs.Subject(t.ID.Reveal())
}

// CanStore is why tokens can't be stored where they are to be, or nil.
func (e *Engine) CanStore() error { return e.dir.CanStore() }

// Folder is why others can replace the cache folder, or nil; see cache.Dir.Surroundings.
func (e *Engine) Folder() error { return e.dir.Surroundings() }

// IssuedFor are the issuer and the audiences in the stored access token, or ID token, from the files alone. Empty if
// none is stored.
func (e *Engine) IssuedFor(id bool) (issuer string, audiences []string) {
	return idcs.IssuedFor(e.dir.Unsigned(e.where(), id))
}

// loggedIn completes the result of a login. The refresh token that it overwrote is revoked, since nobody has it any
// longer; an error of that is ignored, since that token also expires by itself.
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
	if e.subject != nil && err == nil {
		r.Warnings = append(r.Warnings, e.subject)
	}
	return r, err
}
