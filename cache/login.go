package cache

import (
	"context"
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// Login gets the first tokens by grant and stores them, whatever was stored before. No lock is held
// while grant runs, since it may wait for a person; it calls Attempt.Sending before its request like
// any other. What the new tokens replace is forgotten, with all that was noted about it.
//
// The folder is tried first, so that nobody logs in for nothing.
func (d *Dir) Login(ctx context.Context, key Key, grant func(context.Context, Attempt) (Token, *Refusal)) (Result, error) {
	if err := d.ensure(); err != nil {
		return Result{}, err
	}
	name := d.name(key)
	if _, err := d.read(name); err != nil && !errors.Is(err, errDamaged) {
		return Result{}, err // what lies there couldn't be replaced afterwards
	}
	x := &transaction{call: d.call(key, Want{}, Renewal{})}
	skew := d.readState(name).SkewMS
	t, refusal := grant(ctx, Attempt{
		Connect: connectLate,
		Skew:    time.Duration(skew) * time.Millisecond,
		Clock:   func(s time.Duration) { skew = s.Milliseconds() },
		Sending: func() error { x.stamp(); return nil },
	})
	if refusal != nil {
		return Result{}, refusal.why()
	}
	x.complete(&t, Token{})

	return d.withLock(ctx, name, func(h *hold) (Result, error) {
		x.hold, x.lower = h, d.sys.Shield()
		return x.locked(func() (Result, error) {
			err := x.storeLogin(t, skew)
			if errors.Is(err, errFolderSync) {
				return Result{Token: t, Warnings: []error{&NotSavedError{Err: err}}}, nil
			}
			return Result{Token: t}, err
		})
	})
}

// withLock waits for the lock and does what it is held for; again, where others turn out to be at it
// under another lock file.
func (d *Dir) withLock(ctx context.Context, name string, do func(*hold) (Result, error)) (Result, error) {
	for begun := time.Now(); ; {
		h, err := d.lock(ctx, name, max(0, d.waits.expired-time.Since(begun)), nil)
		if err != nil {
			return Result{}, err
		}
		res, err := do(h)
		if pid, ok := d.elsewhere(name, err); !ok {
			return res, err
		} else if time.Since(begun) >= d.waits.expired {
			return Result{}, &BusyError{Pid: pid, Waited: d.waits.expired}
		}
		if err := nap(ctx); err != nil {
			return Result{}, err
		}
	}
}

func (x *transaction) storeLogin(t Token, skew int64) error {
	old, err := x.d.read(x.name)
	if errors.Is(err, errDamaged) {
		_, err = x.d.setAside(x.name)
	}
	if err != nil {
		return err
	}
	if err := x.d.dropOrphan(x.name); err != nil {
		return err
	}
	x.d.sign(x.hold)
	if x.room, err = x.d.reserveRoom(x.name); err != nil {
		return err
	}
	t.predecessor = digest(old.Refresh) // so that a kill before the rename is mended like any other
	err = x.room.save(x.name, t)
	x.d.sys.saved("login", err)
	if err != nil {
		return err
	}
	x.seen = x.d.readState(x.name)
	x.state = x.seen
	x.state.SkewMS = skew
	x.settled()
	return nil
}

// Exchange stores what the domain gives for a refresh token from elsewhere. It takes all the steps of
// a refresh with that token: nothing is stored, and nothing of what is stored changes, unless the
// domain answers with a token.
func (d *Dir) Exchange(ctx context.Context, key Key, refresh secret.Text, r Renewal) (Result, error) {
	if err := d.ensure(); err != nil {
		return Result{}, err
	}
	c := d.call(key, Want{Force: true}, r)
	return d.withLock(ctx, c.name, func(h *hold) (Result, error) {
		x := &transaction{call: c, hold: h}
		return x.locked(func() (Result, error) { return x.exchange(ctx, refresh) })
	})
}

func (x *transaction) exchange(ctx context.Context, refresh secret.Text) (Result, error) {
	if _, err := x.lookAgain(); err != nil {
		return Result{}, err
	}
	x.d.sign(x.hold)
	var err error
	if x.room, err = x.d.reserveRoom(x.name); err != nil {
		return Result{}, err
	}
	x.limit = startTicks(ctx, limitLate)
	defer x.limit.stop()
	o := x.refresh(Token{Refresh: refresh}, connectLate)
	if o.refusal == nil {
		return x.finish(expired, o)
	}
	switch stored := refresh == x.old.Refresh; {
	case errors.Is(o.refusal.Err, errLockLost):
		x.room.drop()
	case !o.refusal.Refresh.Empty(): // the given one is dead now; its successor is all that is left
		x.old = Token{Refresh: refresh}
		if x.keepSuccessor(o.refusal.Refresh) {
			x.settled()
		}
	case stored && o.refusal.Verdict == Doubt: // what is stored may be spent: the intent stays
		x.room.drop()
	default:
		x.room.drop()
		x.state.Intent = x.doubt
		if stored && o.refusal.Verdict == Spent {
			x.markSpent()
		}
		_ = x.store(false)
	}
	return Result{}, o.refusal.why()
}
