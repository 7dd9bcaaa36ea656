package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// An UnsentError says why nothing was sent though everything was ready. The domain has no part in it.
type UnsentError struct{ Err error }

func (e *UnsentError) Error() string { return "nothing was sent: " + e.Err.Error() }
func (e *UnsentError) Unwrap() error { return e.Err }

var (
	errFenced   = &UnsentError{errors.New("the Lease was not renewed lately")}
	errTooLate  = &UnsentError{errors.New("the intent was written too long ago")}
	errStopping = &UnsentError{errors.New("this process is ending")}
)

// A transaction renews one token.
type transaction struct {
	*Keeper
	snap   Snapshot // what was read or written last
	spends string   // digest of the refresh token that is sent; empty: none is
	doubt  *Intent  // an earlier request that nothing has settled
	intent *Intent
	sent   Stamp
	skew   time.Duration
	obeyed string // the last request of a person's that was obeyed before this
	fenced bool   // the Lease counts: not for a person's login
	grant  bool   // nothing is spent, and a refresh token that comes is none that anybody would use
}

// renew makes one attempt and stores what came of it. Its error is the API's.
func (k *Keeper) renew(ctx context.Context, snap Snapshot) (Snapshot, error) {
	x := &transaction{Keeper: k, snap: snap, skew: snap.State.Skew, fenced: true, obeyed: snap.Obeyed}
	x.snap.Obeyed = snap.Asked
	if !k.ours(&snap.State) { // somebody else's, or nobody's: a grant replaces it whole
		x.snap.State = State{Generation: snap.State.Generation, Pause: snap.State.Pause, unknown: snap.State.unknown}
		if parts := k.parts(&snap.State); parts != nil {
			x.snap.State.Identity, x.snap.State.Parts = k.Identity, parts
		}
	}
	// From here on the process may be told to end, but what was begun is ended first.
	answer, refusal := x.attempt()
	if refusal == nil {
		return x.save(answer), nil
	}
	return x.failed(ctx, refusal)
}

func (x *transaction) attempt() (Answer, *Refusal) {
	ctx, cancel := inTicks(connectLimit + answerLimit)
	defer cancel()
	a := Attempt{
		Connect: connectLimit, Skew: x.skew, Last: x.snap.State.Last,
		Clock: func(skew time.Duration) { x.skew = skew },
	}
	if x.Renewal.Grant != nil {
		a.Sending, x.grant = x.ready, true
		return x.Renewal.Grant(ctx, a)
	}
	refresh := x.snap.State.Refresh
	x.spends, x.doubt = digest(refresh), x.snap.State.doubt()
	a.Sending = x.beforeSend
	return x.Renewal.Refresh(ctx, refresh, a)
}

// ready is Attempt.Sending of a grant, which spends nothing.
func (x *transaction) ready() error {
	x.sent = x.Clock()
	switch {
	case x.fenced && x.Stopping():
		return errStopping
	case x.fenced && !x.Fence(x.sent):
		return errFenced
	}
	return nil
}

// beforeSend is Attempt.Sending of a refresh: the last steps before the first byte. The intent is written over
// the state that was read, so of several that come so far one sends; and it proves that the API takes
// our writes now. Then two clocks are asked how long that took: an answer may have lain in the socket
// of a process that was stopped.
func (x *transaction) beforeSend() error {
	if err := x.ready(); err != nil {
		return err
	}
	begun := x.sent
	s := x.snap.State
	s.Intent = &Intent{Digest: x.spends, Holder: x.Holder, At: begun.Wall.UTC().Truncate(time.Millisecond)}
	x.intent = s.Intent
	ctx, cancel := context.WithTimeout(context.Background(), swapLimit)
	defer cancel()
	got, err := x.Store.Swap(ctx, x.snap, s)
	if err != nil {
		x.withdrawIntent(false)
		return &UnsentError{fmt.Errorf("the intent could not be written: %w", err)}
	}
	x.snap = got
	now := x.Clock()
	why := error(nil)
	switch {
	case now.Since(begun) > swapLimit:
		why = errTooLate
	case x.fenced && !x.Fence(now):
		why = errFenced
	case x.fenced && x.Stopping():
		why = errStopping
	}
	if why != nil {
		x.withdrawIntent(true)
		return why
	}
	x.sent = now
	return nil
}

// withdrawIntent removes our own intent: nothing was sent. Where it can't, or nobody knows whether it was
// written, that is owed.
func (x *transaction) withdrawIntent(written bool) {
	intent, doubt := x.intent, x.doubt
	x.intent = nil
	x.owe(func(s *State) {
		if s.Intent.same(intent) {
			s.Intent = doubt
		}
	})
	x.owed.nothing, x.owed.obeyed = true, x.obeyed
	x.snap.Obeyed = x.obeyed
	if written {
		x.pay(context.Background(), 1)
	}
}

// owe notes a change of the state, which counts from now on.
func (x *transaction) owe(apply func(*State)) {
	id := of(&x.snap.State)
	before := x.owed
	x.owed = &debt{of: id, apply: func(s *State) {
		if before != nil && before.of == id {
			before.apply(s)
		}
		apply(s)
	}}
}

// pay writes what is owed, if it can within so many tries. Else the next look does.
func (x *transaction) pay(ctx context.Context, tries int) {
	for range tries {
		s := x.snap.State
		x.owed.apply(&s)
		got, err := x.Store.Swap(ctx, x.snap, s)
		if err == nil {
			x.snap, x.owed = got, nil
			return
		}
		obeyed := x.snap.Obeyed
		if got, err = x.Store.Get(ctx); err != nil {
			return
		}
		if x.snap, x.snap.Obeyed = got, obeyed; x.owed.of != of(&got.State) {
			x.owed = nil // another token is stored: it is none of ours to judge
			return
		}
	}
}

// compose is the state with a new answer in it.
func (x *transaction) compose(over *State, a Answer) State {
	s := *over
	s.Identity = x.Identity
	s.Access, s.Obtained, s.Life = a.Access, x.sent, a.Life
	s.Obtained.Wall = s.Obtained.Wall.Truncate(time.Millisecond)
	if x.grant {
		a.Refresh, s.Refresh = secret.Text{}, secret.Text{}
	}
	if !a.Refresh.Empty() {
		s.Refresh = a.Refresh
	}
	if a.Scope != "" {
		s.Scope = a.Scope
	}
	if !a.ID.Empty() {
		s.ID, s.IDLife = a.ID, a.IDLife
	}
	return x.settle(s)
}

// settle is a state in which all is well.
func (x *transaction) settle(s State) State {
	s.Generation++
	s.Intent, s.Mark, s.Pause, s.Last = nil, nil, nil, nil
	s.Skew = x.skew
	return s
}

// save stores an answer. It has no fence and no end: the answer exists nowhere else. It is given up only
// where the stored token is no longer the one that was spent: somebody logged in or out meanwhile.
func (x *transaction) save(a Answer) Snapshot {
	return x.keep(func(over *State) State { return x.compose(over, a) }, func(s *State) bool { return s.Access == a.Access })
}

// keep writes what may not be lost. there reports whether a state has it already: a call may have been
// done though its answer was lost.
func (x *transaction) keep(next func(over *State) State, there func(*State) bool) Snapshot {
	x.owed = nil // what was noted of the token before
	generation, uid := x.snap.State.Generation, x.snap.UID
	for {
		got, err := x.Store.Swap(context.Background(), x.snap, next(&x.snap.State))
		if err == nil {
			x.Done("saved")
			return got
		}
		obeyed := x.snap.Obeyed
		for told := false; ; time.Sleep(time.Second) {
			if !told && !errors.Is(err, ErrConflict) {
				x.Log.Error("an answer can't be saved yet, trying on", "profile", x.Profile, "error", err.Error())
				told = true
				continue
			}
			if got, err = x.Store.Get(context.Background()); err == nil {
				break
			}
		}
		if there(&got.State) {
			x.Done("saved")
			return got
		}
		fresh := got.State.Generation == 0 && got.UID != uid // deleted and made anew: nobody logged out
		same := digest(got.State.Refresh) == x.spends
		if x.spends == "" {
			same = got.State.Generation == generation
		}
		if !same && !fresh {
			x.Log.Warn("an answer came too late: another token is stored", "profile", x.Profile, "generation", got.State.Generation)
			x.Done("superseded")
			return got
		}
		x.snap, x.snap.Obeyed = got, obeyed
	}
}
