package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// Login gets the first tokens by grant and stores them, over whatever was stored before. It is a person's, so it needs no
// Lease; a leader that renews the old token meanwhile finds another one stored and drops its answer. The state is read
// first: if that fails, the person hasn't logged in for nothing.
func (k *Keeper) Login(ctx context.Context, grant func(context.Context, Attempt) (Answer, *Refusal)) error {
	snap, err := k.Store.Get(ctx)
	if err != nil {
		return err
	}
	x := &transaction{Keeper: k, snap: snap, skew: snap.State.Skew}
	answer, refusal := grant(ctx, Attempt{
		Connect: connectLimit, Skew: x.skew, Last: x.snap.State.Last,
		Clock:   func(skew time.Duration) { x.skew = skew },
		Sending: x.ready,
	})
	if refusal != nil {
		return refused(refusal)
	}
	return x.replace(ctx, answer)
}

// replace stores a login's answer over whatever is there.
func (x *transaction) replace(ctx context.Context, a Answer) error {
	x.grant = x.Renewal.Grant != nil // else its refresh token is used
	for {
		over := x.snap.State
		over.Refresh, over.ID, over.Scope, over.Parts = secret.Text{}, secret.Text{}, "", nil
		_, err := x.Store.Swap(ctx, x.snap, x.compose(&over, a))
		if err == nil {
			return nil
		}
		if x.snap, err = x.again(ctx, err); err != nil {
			return err
		}
		if x.snap.State.Access == a.Access {
			return nil // it was written after all
		}
	}
}

// again reads the state after a failed write. If that fails it tries again each second, as long as the person waits.
func (x *transaction) again(ctx context.Context, failed error) (Snapshot, error) {
	for {
		if errors.Is(failed, ErrForbidden) || errors.Is(failed, ErrMissing) || ctx.Err() != nil {
			return Snapshot{}, failed
		}
		var snap Snapshot
		if snap, failed = x.Store.Get(ctx); failed == nil {
			return snap, nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// Exchange takes over a refresh token from elsewhere, and spends it at once. The token is stored with the intent, so after
// a crash the next process can find out whether it was spent. The stored access token stays. If the domain refuses the new
// token, the old state is restored.
func (k *Keeper) Exchange(ctx context.Context, refresh secret.Text) error {
	snap, err := k.Store.Get(ctx)
	if err != nil {
		return err
	}
	before := snap.State
	x := &transaction{Keeper: k, snap: snap, skew: snap.State.Skew, spends: digest(refresh), obeyed: snap.Obeyed}
	x.snap.State.Refresh, x.snap.State.Identity = refresh, k.Identity
	x.snap.State.Mark, x.snap.State.Pause, x.snap.State.Parts = nil, nil, nil
	limit, cancel := inTicks(connectLimit + answerLimit)
	defer cancel()
	answer, refusal := k.Renewal.Refresh(limit, refresh, Attempt{
		Connect: connectLimit, Skew: x.skew, Last: x.snap.State.Last,
		Clock:   func(skew time.Duration) { x.skew = skew },
		Sending: x.beforeSend,
	})
	if refusal == nil {
		x.save(answer)
		return nil
	}
	if refusal.Verdict == policy.Doubt || !refusal.Refresh.Empty() {
		if _, err := x.failed(ctx, refusal); err != nil {
			return err
		}
		return refused(refusal)
	}
	if x.intent != nil { // the token is in the state, and is of no use
		x.owed = nil
		x.restore(ctx, before)
	}
	return refused(refusal)
}

// restore writes the state from before a refused token, unless the state has changed since.
func (x *transaction) restore(ctx context.Context, before State) {
	for {
		s := before
		s.Skew = x.skew
		_, err := x.Store.Swap(ctx, x.snap, s)
		if err == nil {
			return
		}
		if x.snap, err = x.again(ctx, err); err != nil || digest(x.snap.State.Refresh) != x.spends {
			return
		}
	}
}

// refused is a Refusal as an error: why nothing was sent, else the domain's refusal.
func refused(r *Refusal) error {
	if unsent, ok := errors.AsType[*UnsentError](r.Err); ok {
		return unsent
	}
	f := r.Failure
	return &f
}

// ErrBusy is returned if another process is renewing the token.
var ErrBusy = errors.New("another process is refreshing it")

// Logout calls revoke with the stored refresh token and empties the state. If revoke fails, the state is emptied all the
// same, and the error returned.
func (k *Keeper) Logout(ctx context.Context, revoke func(ctx context.Context, refresh secret.Text, skew time.Duration) error) error {
	revoked := secret.Text{}
	var failed error
	for {
		snap, err := k.Store.Get(ctx)
		if err != nil {
			return err
		}
		s := snap.State
		if i := s.doubt(); i != nil && !i.Over && k.Clock().Wall.Sub(i.At) < 30*time.Second {
			return fmt.Errorf("%w, since %s", ErrBusy, i.At.Local().Format("15:04:05"))
		}
		if !s.Refresh.Empty() && s.Refresh != revoked {
			failed = revoke(ctx, s.Refresh, s.Skew)
			revoked = s.Refresh
		}
		_, err = k.Store.Swap(ctx, snap, State{Generation: s.Generation + 1, Skew: s.Skew, unknown: s.unknown})
		if err == nil {
			return failed
		}
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
}
