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
// Several processes may have a Keeper for one profile at the same time: a Lease makes that rare, and
// nothing relies on it. What holds is the state's compare-and-swap. A refresh token is sent only by
// who has just written its intent over the state that it read, and within 3 s of that; so of two that
// want to send, one writes and the other finds it. What is fenced is the sending. Saving never is: who
// holds an answer saves it, leader or not, as long as the stored token is still the one it spent.
type Keeper struct {
	Profile  string
	Identity string // a digest of whom the tokens belong to
	Holder   string // this process
	Store    Store
	Renewal  Renewal
	Parts    []string // the targets that have credentials of their own
	Clock    Clock
	Spread   func() float64 // random, 0 to 1
	// Fence reports whether the Lease was renewed so lately that nobody else can hold it for a while.
	Fence func(now Stamp) bool
	// Stopping reports whether nothing new may begin.
	Stopping func() bool
	Log      *slog.Logger
	// Done is told of each attempt that ended: "saved", "superseded", or a policy.Verdict in a word.
	Done func(result string)

	// seen is the foreign intent that is waited for, and since when.
	seen      *Intent
	seenSince Stamp
	// owed is what the state lacks because it couldn't be written: it counts as if it were there.
	owed *debt
}

// A debt is a change of the state that isn't written yet. It is void once another token is stored.
type debt struct {
	of    string
	apply func(*State)
	// nothing: it is of an attempt that sent nothing, so a person's request is as open as it was: obeyed.
	nothing bool
	obeyed  string
}

// of names the token that a note is about.
func of(s *State) string { return digest(s.Refresh) + "/" + digest(s.Access) }

// The bounds of a transaction.
const (
	swapLimit    = 3 * time.Second // from the begin of the swap to the first byte
	answerLimit  = 8 * time.Second
	connectLimit = 10 * time.Second
)

// lookEach is how long nobody looks at the state, at most: so soon a person's `refresh` is seen. For tests,
// whose tokens live for seconds, it is a part of a life.
const (
	lookEach     = 10 * time.Second
	shortestLook = 500 * time.Millisecond
)

// An Outlook is what a turn came to.
type Outlook struct {
	Snapshot Snapshot
	// Usable is the state, if one of its tokens is this profile's and alive; else the zero State.
	Usable State
	// Next is when to look again.
	Next        time.Duration
	LoginNeeded bool
	InDoubt     bool
	Failed      *Failure // the last attempt's, while it counts
}

// Turn looks at the state, renews the token if it is due, and says what to do next. Its error is the
// API's: nothing is known then.
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

// look reads the state, writes what is owed to it, and forgets what is over.
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

// A decision is what a snapshot calls for.
type decision struct {
	renew       bool
	wait        time.Duration // else
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
		if i.same(k.seen) { // a foreign one, whose answer may still come
			wait := 30 * time.Second
			if s.Life > 0 { // else a first login spends a refresh token at this moment
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

// afterPause is to renew, unless a pause says to wait.
func (k *Keeper) afterPause(s *State, asked bool) decision {
	now := k.Clock().Wall
	if !asked && s.Pause.counts(now, digest(s.Refresh), k.Renewal.Client) {
		return decision{wait: s.Pause.End.Sub(now)}
	}
	return decision{renew: true}
}

// ours reports whether something is stored that belongs to this profile as it is configured.
func (k *Keeper) ours(s *State) bool {
	return s.Identity == k.Identity && !(s.Access.Empty() && s.Refresh.Empty())
}

func (k *Keeper) outlook(snap Snapshot, d decision) Outlook {
	s := &snap.State
	o := Outlook{Snapshot: snap, LoginNeeded: d.loginNeeded, InDoubt: d.inDoubt, Failed: s.Last}
	each := lookEach
	if s.Life > 0 { // a login, say, is seen and published within little of a life
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
