package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
)

// failed stores the result of an attempt that brought no token.
func (x *transaction) failed(ctx context.Context, r *Refusal) (Snapshot, error) {
	if unsent, ok := errors.AsType[*UnsentError](r.Err); ok {
		return x.snap, unsent
	}
	x.Done(r.Verdict.String())
	last := r.Failure
	last.At = x.Clock().Wall.UTC().Truncate(time.Second)
	pause := x.pauseAfter(r, x.snap.State.Pause, digest(x.snap.State.Refresh))
	note := func(s *State) {
		s.Last, s.Pause, s.Skew = &last, pause, x.skew
		if x.spends == "" {
			return
		}
		switch {
		case r.Verdict == policy.Spent:
			s.Intent = nil
			if !s.spent() {
				s.Mark = &Mark{Digest: x.spends, Interrupted: x.doubt}
			}
		case r.Verdict == policy.Doubt && s.Intent.same(x.intent) && x.intent != nil:
			over := *x.intent
			over.Over = true
			s.Intent = &over
		default: // the result of an earlier request is still unknown
			s.Intent = x.doubt
		}
	}
	if !r.Refresh.Empty() { // the old one is spent, so this must not be lost
		return x.keep(func(over *State) State {
			s := x.settle(*over)
			s.Refresh, s.Last, s.Pause = r.Refresh, &last, pause
			if pause != nil {
				pause.Refresh = digest(r.Refresh)
			}
			return s
		}, func(s *State) bool { return s.Refresh == r.Refresh }), nil
	}
	x.owe(note)
	x.pay(ctx, 3)
	if x.owed != nil {
		x.owed.apply(&x.snap.State)
	}
	return x.snap, nil
}

// pauseAfter is the pause that a failure begins. last is the one before, refresh the digest of the refresh token
// that it is about.
func (k *Keeper) pauseAfter(r *Refusal, last *Pause, refresh string) *Pause {
	kind := r.Pause
	if kind == policy.NoPause || kind == policy.PauseWay {
		if r.Verdict == policy.Spent {
			return nil
		}
		kind = policy.PauseConnect // a missing file, say
	}
	now := k.Clock().Wall.UTC()
	p := &Pause{Refresh: refresh, Begun: now, Kind: kind}
	if last != nil && last.Kind == p.Kind && last.Refresh == p.Refresh {
		p.Row = last.Row + 1
	}
	if kind == policy.PauseClient {
		p.Client = k.Renewal.Client()
	}
	p.End = now.Add(kind.Length(p.Row, r.RetryAfter, k.Spread()))
	return p
}
