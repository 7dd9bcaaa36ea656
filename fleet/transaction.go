package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// An UnsentError is why nothing was sent although the connection was ready. The domain isn't the reason.
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
	doubt  *Intent  // an earlier request whose result isn't known
	intent *Intent
	sent   Stamp
	skew   time.Duration
	obeyed string // Snapshot.Obeyed before the attempt
	fenced bool   // sending needs the Lease; a person's login doesn't
	grant  bool   // nothing is spent, and a refresh token in the answer is not used
}

// renew makes one attempt and stores the result. An error is the API's.
func (k *Keeper) renew(ctx context.Context, snap Snapshot) (Snapshot, error) {
	x := &transaction{Keeper: k, snap: snap, skew: snap.State.Skew, fenced: true, obeyed: snap.Obeyed}
	x.snap.Obeyed = snap.Asked
	if !k.ours(&snap.State) { // another identity's, or empty: a grant replaces all of it
		x.snap.State = State{Generation: snap.State.Generation, Pause: snap.State.Pause, unknown: snap.State.unknown}
		if parts := k.parts(&snap.State); parts != nil {
			x.snap.State.Identity, x.snap.State.Parts = k.Identity, parts
		}
	}
	// From here on ctx doesn't end the attempt: what was begun is finished first.
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

// beforeSend is Attempt.Sending of a refresh, before its first byte. It writes the intent over the state that was read: of
// several processes that come here only one succeeds, and it shows that the API accepts writes now. Then it measures how
// long that took, by two clocks: a stopped process may have read the answer late.
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

// withdrawIntent removes our own intent, since nothing was sent. If that fails, or if it isn't known whether the intent was
// written, the removal is owed.
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

// owe records a change of the state, to be written by pay or by the next look.
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

// pay writes what is owed, with at most so many tries. If they fail, the next look does.
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
			x.owed = nil // another token is stored, which the debt isn't about
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

// settle is s after a success: of the next generation, without intent, mark, pause and failure.
func (x *transaction) settle(s State) State {
	s.Generation++
	s.Intent, s.Mark, s.Pause, s.Last = nil, nil, nil, nil
	s.Skew = x.skew
	return s
}

// save stores an answer. It doesn't need the Lease and tries until it succeeds, since the answer exists nowhere else. It
// stops only if the stored token is no longer the one that was spent: somebody has logged in or out.
func (x *transaction) save(a Answer) Snapshot {
	return x.keep(func(over *State) State { return x.compose(over, a) }, func(s *State) bool { return s.Access == a.Access })
}

// keep writes what must not be lost. there reports whether a state has it already: a write may have succeeded although its
// answer was lost.
func (x *transaction) keep(next func(over *State) State, there func(*State) bool) Snapshot {
	x.owed = nil // it is about the token before
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
