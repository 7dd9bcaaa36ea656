package cache

import (
	"context"
	"errors"
	"time"
)

// A call is one run of Token: what is wanted, and how far it has come.
type call struct {
	d     *Dir
	name  string
	query Query
	key   Key
	renew Renewal
	start Token // as stored when the call began
	view  bool  // only to tell people

	waited time.Duration // for the lock; it counts towards limitCall
}

// Bounds of a call, by zone. Together with the transaction's they end every call within 25 s.
const (
	waitHard    = 5 * time.Second
	waitExpired = 15 * time.Second
)

// waits are how long a Dir's calls wait for a busy lock, for a disk that takes nothing, and for a file that
// another program doesn't share.
type waits struct{ hard, expired, save, free time.Duration }

// Token returns the token stored under key, renewing it first where that is due.
//
// A fresh token is answered without lock, network or write: files are replaced by rename, so a reader
// sees the old token or the new one. Otherwise the lock is held from a second look at the files until the
// successor is durable, because the domain accepts each refresh token once: two processes that send the
// same one end the login. A token that still lives is answered even if the domain, the lock or the disk
// fails, and without a wait while it has life enough left.
//
// Errors:
//   - a login is needed: ErrNothing, ErrNoRefresh, ErrNoID, ErrOtherMachine, ErrCopied, *SpentError,
//     *DamagedError, *SealedError with Lost;
//   - try later: *BusyError, ErrTooLate, *MeansError, any other *SealedError, the context's error;
//   - the last attempt failed: *Failure, whose Class says what to do;
//   - the files can't be used: *FolderError, *NewerError;
//   - the process must end now: *SignalError;
//   - ErrNotFresh, only for Query.CachedOnly.
func (d *Dir) Token(ctx context.Context, key Key, q Query, r Renewal) (Result, error) {
	c := d.call(key, q, r)
	t, err := d.read(c.name)
	if err != nil {
		switch {
		case !errors.Is(err, errDamaged) && !(isLost(err) && r.Grant != nil):
			return Result{}, err
		case q.CachedOnly:
			return Result{}, ErrNotFresh
		}
		return c.underLock(ctx, expired, d.readState(c.name))
	}
	c.start = t
	z, err := c.classify(t)
	if log := d.sys.Log; log != nil {
		log("token looked at", "zone", z, "left", c.left(q.stamp(t), t).Round(time.Second), "stored", !t.none())
	}
	switch {
	case z == fresh:
		return Result{Token: t}, nil
	case q.CachedOnly:
		return Result{}, ErrNotFresh
	case err != nil:
		return c.answer(t, z, err)
	}
	s := d.readState(c.name)
	if why := c.hopeless(t, s); why != nil && !d.exists(c.name, ".new") { // a successor may be there
		d.sys.refused("nothing is sent", why)
		return c.answer(t, z, why)
	}
	return c.underLock(ctx, z, s)
}

func (d *Dir) call(key Key, q Query, r Renewal) *call {
	return &call{d: d, name: d.name(key), key: key, query: q, renew: r}
}

// hopeless returns why nothing would be sent now, or nil. It is called without the lock, so that such a
// call doesn't wait for it, and again under the lock.
func (c *call) hopeless(t Token, s state) error {
	if c.d.readOnly {
		return &FolderError{Path: c.d.path, Problem: "belongs to another user"}
	}
	if !c.query.Force && s.Pause.counts(c.d.sys.Now(), digest(t.Refresh), c.renew) && s.Last != nil {
		return s.Last
	}
	if c.renew.Grant != nil || c.canRefresh(t, s) {
		return nil
	}
	return c.loginNeeded(t, s)
}

// canRefresh reports whether the stored refresh token may be sent.
func (c *call) canRefresh(t Token, s state) bool {
	return !t.Refresh.Empty() && !c.foreign(t) && !t.copied && (c.query.Force || !s.spent(t))
}

func (s state) spent(t Token) bool { return s.Mark != nil && s.Mark.Digest == digest(t.Refresh) }

func (c *call) loginNeeded(t Token, s state) error {
	switch {
	case t.none():
		return ErrNothing
	case t.Refresh.Empty():
		return ErrNoRefresh
	case c.foreign(t):
		return ErrOtherMachine
	case t.copied:
		return ErrCopied
	}
	e := &SpentError{}
	if s.spent(t) {
		e.Interrupted = s.Mark.Interrupted
	}
	return e
}

// underLock waits for the lock as long as the zone allows and renews the token.
func (c *call) underLock(ctx context.Context, z zone, before state) (Result, error) {
	if err := c.d.ensure(); err != nil {
		return c.unlocked(z, err)
	}
	c.name = c.d.name(c.key) // a folder that was just made may turn out to be on the network
	var wait time.Duration   // early: one attempt, no wait
	switch {
	case z == expired || c.query.Force:
		wait = c.d.waits.expired
	case z == hard:
		wait = c.d.waits.hard
	}
	begun := time.Now()
	for {
		var settled func() (Result, error)
		h, err := c.d.lock(ctx, c.name, max(0, wait-time.Since(begun)), func() bool {
			settled = c.news(z, before)
			return settled != nil
		})
		if log := c.d.sys.Log; log != nil {
			log("lock", "zone", z, "waited", time.Since(begun).Round(time.Millisecond), "limit", wait, "held", err == nil)
		}
		if errors.Is(err, errSettled) {
			c.d.sys.refused("nothing is sent", err)
			return settled()
		}
		if err != nil {
			if busy, ok := errors.AsType[*BusyError](err); ok {
				busy.Waited = wait
			}
			c.d.sys.refused("no lock", err)
			return c.unlocked(z, err)
		}
		c.waited = min(time.Since(begun), limitCall)
		// A failure while we came to the lock counts for all who waited; a success is seen below.
		if settled := c.failure(z, before); settled != nil {
			h.release()
			c.d.sys.refused("nothing is sent", errSettled)
			return settled()
		}
		r, err := c.transact(ctx, h)
		if pid, ok := c.d.elsewhere(c.name, err); !ok {
			return r, err
		} else if time.Since(begun) >= wait {
			return c.unlocked(z, &BusyError{Pid: pid, Waited: wait})
		}
		if err := nap(ctx); err != nil {
			return c.unlocked(z, err)
		}
	}
}

// elsewhere reports whether err means that another process renews the token under another lock file, and
// which one. The caller treats it as a busy lock.
func (d *Dir) elsewhere(name string, err error) (pid int, ok bool) {
	if e, ok := errors.AsType[*inFlightError](err); ok {
		return e.pid, true
	}
	if errors.Is(err, errLockLost) {
		return d.holder(name), true
	}
	return 0, false
}

// nap waits before the lock is tried again.
func nap(ctx context.Context) error {
	select {
	case <-time.After(50 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// unlocked is the answer of a call that didn't get the lock: the token as it is on the disk by now.
func (c *call) unlocked(z zone, why error) (Result, error) {
	t, err := c.d.read(c.name)
	if err != nil {
		return Result{}, why
	}
	if now, err := c.classify(t); err == nil {
		z = now
	}
	if z == fresh {
		return Result{Token: t}, nil
	}
	return c.answer(t, z, why)
}

// news returns the answer if the holder of the lock has settled what this call waits for: with a fresh
// token, or a failure that counts for all who waited. Nil: not yet.
func (c *call) news(z zone, before state) func() (Result, error) {
	t, err := c.d.read(c.name)
	if err != nil {
		return nil // the holder will repair it, or this call under the lock
	}
	if now, err := c.classify(t); err == nil && now == fresh {
		return func() (Result, error) { return Result{Token: t}, nil }
	}
	return c.failure(z, before)
}

// failure is news without the fresh token: the failure of an attempt that ended since before.
func (c *call) failure(z zone, before state) func() (Result, error) {
	s := c.d.readState(c.name)
	if s.Attempts == before.Attempts || s.Last == nil || !s.Pause.concerns(c.renew) {
		return nil
	}
	t, err := c.d.read(c.name)
	if err != nil {
		return nil
	}
	why := error(s.Last)
	if c.renew.Grant == nil && s.spent(t) {
		why = c.loginNeeded(t, s)
	}
	return func() (Result, error) { return c.answer(t, z, why) }
}
