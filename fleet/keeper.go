package fleet

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
)

// A Keeper keeps the token of one profile fresh. It serves one goroutine.
//
// Several processes may have a Keeper for one profile at the same time. A Lease makes that rare, but safety doesn't depend
// on it: it depends on the state's compare-and-swap. A process sends a refresh token only within 3 s after it has written
// its intent over the state that it read. Of two processes that try, one writes, and the other finds the intent. Only
// sending needs the Lease, saving doesn't: whoever gets an answer saves it, leader or not, if the stored token is still
// the one that it spent.
type Keeper struct {
	Profile  string
	Identity string // a digest of domain, client and login: whose tokens are usable
	Holder   string // the name of this process
	Store    Store
	Renewal  Renewal
	Parts    []string // the targets that have credentials of their own
	Clock    Clock
	Spread   func() float64 // random, 0 to 1
	// Fence reports whether the Lease was renewed so recently that no other process can hold it now; see Lease.Holds.
	Fence func(now Stamp) bool
	// Stopping reports whether nothing new may begin.
	Stopping func() bool
	Log      *slog.Logger
	// Done is called after each attempt with its result: "saved", "superseded", or a policy.Verdict as text.
	Done func(result string)

	// seen is the intent of another process whose answer is waited for, since seenSince.
	seen      *Intent
	seenSince Stamp
	// owed is a change that couldn't be written. It counts as if it were in the state.
	owed *debt
}

// A debt is a change of the state that isn't written yet. It is dropped when another token is stored.
type debt struct {
	of    string // the tokens that it is about; see of
	apply func(*State)
	// nothing: the attempt sent nothing, so a person's request stays as it was. obeyed is Snapshot.Obeyed before it.
	nothing bool
	obeyed  string
}

// of identifies the tokens of a state.
func of(s *State) string { return digest(s.Refresh) + "/" + digest(s.Access) }

// The bounds of a transaction.
const (
	swapLimit    = 3 * time.Second // from the beginning of the swap to the first byte that is sent
	answerLimit  = 8 * time.Second
	connectLimit = 10 * time.Second
)

// lookEach is the longest time between two looks at the state, and so until a person's `refresh` is seen. With tokens that
// live for seconds, as in tests, it is a fraction of a life, at least shortestLook.
const (
	lookEach     = 10 * time.Second
	shortestLook = 500 * time.Millisecond
)

// An Outlook is the result of a turn.
type Outlook struct {
	Snapshot Snapshot
	// Usable is the state if one of its tokens can be used, else the zero State.
	Usable      State
	Next        time.Duration // until the next turn
	LoginNeeded bool
	InDoubt     bool
	Failed      *Failure // the last attempt's, while it counts
}

// Turn reads the state, and renews the token if it is due. An error is the API's; then the Outlook is zero.
func (k *Keeper) Turn(ctx context.Context) (Outlook, error) {
	snap, err := k.look(ctx)
	if err != nil {
		return Outlook{}, err
	}
	asked := snap.asks()
	d := k.decide(&snap)
	if d.renew && !k.Stopping() {
		if snap, err = k.renew(ctx, snap); err != nil {
			return Outlook{}, err
		}
		d = k.decide(&snap)
		if d.renew { // it failed without a pause, or there is more to do: not in a circle
			d.wait = max(d.wait, time.Second)
		}
	}
	if len(k.Parts) > 0 {
		var wait time.Duration
		if snap, wait, err = k.derive(ctx, snap, asked); err != nil {
			return Outlook{}, err
		}
		d.wait = min(d.wait, wait)
	}
	return k.outlook(snap, d), nil
}

// look reads the state and writes what is owed. It drops a debt about other tokens and an intent that is over.
func (k *Keeper) look(ctx context.Context) (Snapshot, error) {
	snap, err := k.Store.Get(ctx)
	if err != nil {
		return snap, err
	}
	if k.owed != nil && k.owed.of != of(&snap.State) {
		k.owed = nil
	}
	if k.owed != nil {
		k.owed.apply(&snap.State)
		if k.owed.nothing {
			snap.Obeyed = k.owed.obeyed
		}
		if got, err := k.Store.Swap(ctx, snap, snap.State); err == nil {
			k.owed, snap = nil, got
		} else if errors.Is(err, ErrConflict) {
			return snap, err
		}
	}
	if i := snap.State.doubt(); i == nil || !i.same(k.seen) {
		k.seen = nil
		if i != nil && !i.Over && i.Holder != k.Holder {
			k.seen, k.seenSince = i, k.Clock()
		}
	}
	return snap, nil
}

// A decision is what to do with a snapshot.
type decision struct {
	renew       bool
	wait        time.Duration // if not renew
	loginNeeded bool
	inDoubt     bool
}

func (k *Keeper) decide(snap *Snapshot) decision {
	s, now := &snap.State, k.Clock()
	asked := snap.asks()
	if !k.Renewal.own() {
		return decision{wait: lookEach}
	}
	if !k.ours(s) {
		if k.Renewal.Grant == nil {
			return decision{loginNeeded: true, wait: lookEach}
		}
		return k.afterPause(&State{Pause: s.Pause}, asked)
	}
	left := s.left(now)
	if left > s.due() && !asked {
		return decision{wait: left - s.due(), inDoubt: s.doubt() != nil}
	}
	if k.Renewal.Grant != nil {
		return k.afterPause(s, asked)
	}
	switch {
	case s.Refresh.Empty():
		return decision{loginNeeded: left <= 0, wait: lookEach}
	case s.spent() && !asked:
		return decision{loginNeeded: true, wait: lookEach}
	}
	d := k.afterPause(s, asked)
	if i := s.doubt(); i != nil {
		d.inDoubt = true
		if i.same(k.seen) { // another process', whose answer may still come
			wait := 30 * time.Second
			if s.Life > 0 { // 0: a first login is spending a refresh token
				wait = min(wait, s.Life/8)
			}
			wait -= now.Since(k.seenSince)
			if !asked {
				wait = max(wait, left-s.Life/4)
			}
			if wait > 0 {
				d.renew, d.wait = false, max(d.wait, wait)
			}
		}
	}
	return d
}

// afterPause decides to renew, or to wait if there is a pause.
func (k *Keeper) afterPause(s *State, asked bool) decision {
	now := k.Clock().Wall
	if !asked && s.Pause.counts(now, digest(s.Refresh), k.Renewal.Client) {
		return decision{wait: s.Pause.End.Sub(now)}
	}
	return decision{renew: true}
}

// ours reports whether the state has tokens of this profile as it is configured.
func (k *Keeper) ours(s *State) bool {
	return s.Identity == k.Identity && !(s.Access.Empty() && s.Refresh.Empty())
}

func (k *Keeper) outlook(snap Snapshot, d decision) Outlook {
	s := &snap.State
	o := Outlook{Snapshot: snap, LoginNeeded: d.loginNeeded, InDoubt: d.inDoubt, Failed: s.Last}
	each := lookEach
	if s.Life > 0 { // so that a login is published within a fraction of a life
		each = min(each, max(s.Life/40, shortestLook))
	}
	o.Next = max(min(d.wait, time.Duration((0.5+0.5*k.Spread())*float64(each))), 20*time.Millisecond)
	if k.ours(s) && s.left(k.Clock()) > policy.Margin(s.Life) {
		o.Usable = *s
	}
	for _, p := range k.parts(s) {
		if p.left(k.Clock()) > policy.Margin(p.Life) {
			o.Usable = *s
		}
	}
	return o
}
