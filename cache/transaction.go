package cache

import (
	"context"
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// Bounds of a transaction. In the early zone the connection gets little time, because the caller already
// has a token. Once the request is sent, every zone waits for the answer until the call ends: a slow
// domain has spent the refresh token all the same.
const (
	limitCall   = 25 * time.Second // of a call: its wait for the lock, the client's proof, the answer's last byte
	limitPerson = 45 * time.Second // of a command that a person typed: time enough for a slow resolver

	connectEarly  = time.Second
	connectLate   = 10 * time.Second // a resolver waits 5 s for a dead first server
	ConnectPerson = 20 * time.Second // the same for what a person typed: login, refresh, doctor

	answerNeeds = 8 * time.Second // what must be left to send a refresh token
	grantNeeds  = 2 * time.Second // what a grant after a failed refresh must have left
)

// A transaction renews the token of one key under its lock.
type transaction struct {
	*call
	hold  *hold
	room  *reserve
	limit *ticks
	now   Stamp // when the last request was sent; Life is 0
	lower func() error
	spare func() // gives back what was gathered for the time after Sending

	old   Token // on the disk
	state state
	seen  state   // what the state file said last
	doubt *intent // an earlier interruption that nothing has settled
}

// transact renews the token and releases the lock.
func (c *call) transact(ctx context.Context, h *hold) (Result, error) {
	x := &transaction{call: c, hold: h}
	return x.locked(func() (Result, error) { return x.run(ctx) })
}

// locked runs do and releases the lock. From Sending until here no signal that can be caught ends the
// process; one that arrived meanwhile takes effect now.
func (x *transaction) locked(do func() (Result, error)) (r Result, err error) {
	defer func() {
		x.hold.release()
		if x.lower == nil {
			return
		}
		if end := x.lower(); end != nil {
			r, err = Result{}, end
		}
	}()
	return do()
}

func (x *transaction) run(ctx context.Context) (Result, error) {
	damaged, err := x.lookAgain()
	if err != nil {
		if _, elsewhere := x.d.elsewhere(x.name, err); !elsewhere && !x.old.none() {
			return x.answer(x.old, early, err) // what a dead process left can't be put right, but there is a token
		}
		return Result{}, err
	}
	z, err := x.classify(x.old)
	if log := x.d.sys.Log; log != nil {
		log("token looked at again", "zone", z, "interrupted", x.doubt != nil)
	}
	if z == fresh {
		return Result{Token: x.old}, nil
	}
	if err != nil {
		return x.answer(x.old, z, err)
	}
	if why := x.hopeless(x.old, x.state); why != nil {
		if damaged != nil && errors.Is(why, ErrNothing) {
			why = damaged
		}
		x.d.sys.refused("nothing is sent", why)
		return x.answer(x.old, z, why)
	}
	return x.reserveAndSend(ctx, z)
}

// reserveAndSend gets all that storing a successor takes, sends one request (two where a grant follows a
// refused refresh), and stores the result.
func (x *transaction) reserveAndSend(ctx context.Context, z zone) (Result, error) {
	limit, connect := limitCall-x.waited, connectLate
	switch {
	case x.query.Force:
		limit, connect = limitPerson, ConnectPerson
	case z == early:
		connect = connectEarly
	}
	if limit < answerNeeds { // the wait took it all
		return x.answer(x.old, z, ErrTooLate)
	}
	x.d.sign(x.hold)
	f, err := x.successorForm()
	if err != nil {
		return x.answer(x.old, z, err)
	}
	if x.room, err = x.d.reserveRoom(x.name, f); errors.Is(err, errLockLost) {
		return Result{}, err
	} else if err != nil {
		return x.answer(x.old, z, err)
	}
	x.limit = startTicks(ctx, limit)
	defer x.limit.stop()

	if !x.canRefresh(x.old, x.state) || x.grantsID(x.old) && (z == expired || x.suspect(x.old)) {
		return x.finish(z, x.grant(connect))
	}
	if x.spare, err = x.d.gather(); err != nil {
		x.room.drop()
		return x.answer(x.old, z, err)
	}
	o := x.refresh(x.old, connect)
	if o.refusal == nil || o.refusal.Verdict != Spent {
		return x.finish(z, o)
	}
	if newer, ok := x.replaced(); ok {
		x.room.drop()
		return Result{Token: newer}, nil
	}
	x.markSpent()
	if x.renew.Grant == nil || x.limit.left() < grantNeeds {
		return x.finish(z, o)
	}
	if err := x.store(false); err != nil {
		return x.finish(z, o)
	}
	return x.finish(z, x.grant(connect))
}

// successorForm is how the successor will be written: as the token file is, so that the form never changes
// inside a refresh; where there is none, as configured.
func (x *transaction) successorForm() (form, error) {
	if x.old.none() {
		return x.d.configured()
	}
	return x.old.form, nil
}

// lookAgain reads the files under the lock and repairs what a dead process left. damaged says that the
// token file was damaged and has been set aside.
//
// The state is read first: a process under another lock file saves its token before it writes its
// state, so whoever sees an old token here sees an old state too, and beforeSend will notice.
func (x *transaction) lookAgain() (damaged, err error) {
	x.seen = x.d.readState(x.name)
	x.old, err = x.d.read(x.name)
	if errors.Is(err, errDamaged) {
		aside, err := x.d.setAside(x.name, ".json", badFile)
		if err != nil {
			return nil, err
		}
		damaged, x.old = &DamagedError{Aside: aside}, Token{}
	} else if isLost(err) && x.renew.Grant != nil { // nobody opens it any more, and nobody needs to
		if _, err := x.d.setAside(x.name, ".json", sealedFile); err != nil {
			return nil, err
		}
		x.old = Token{}
	} else if err != nil {
		return nil, err
	}
	x.old, x.state, err = x.d.recover(x.name, x.old, x.seen)
	if err != nil {
		return nil, err
	}
	if x.doubt = x.state.Intent; x.state.Attempts != x.seen.Attempts {
		x.seen = x.state // it was written: a successor was adopted
	}
	return damaged, nil
}

func (x *transaction) refresh(old Token, connect time.Duration) outcome {
	t, refusal := x.renew.Refresh(x.limit.ctx, old, x.attempt(connect, old.Refresh))
	x.spare()
	if refusal != nil {
		return outcome{refusal: refusal}
	}
	x.complete(&t, old)
	return outcome{token: t}
}

// grant gets new tokens without a person. Its request spends nothing, so no intent is written.
func (x *transaction) grant(connect time.Duration) outcome {
	t, refusal := x.renew.Grant(x.limit.ctx, x.attempt(connect, secret.Text{}))
	if refusal != nil {
		return outcome{refusal: refusal, grant: true}
	}
	var kept Token
	if x.left(x.old.IDStamp, x.old) > 0 {
		kept.ID, kept.IDStamp = x.old.ID, x.old.IDStamp
	}
	x.complete(&t, kept)
	t.predecessor = digest(x.old.Refresh)
	return outcome{token: t, grant: true}
}

func (x *transaction) attempt(connect time.Duration, spends secret.Text) Attempt {
	return Attempt{
		Connect: connect,
		Skew:    time.Duration(x.state.SkewMS) * time.Millisecond,
		Last:    x.state.Last,
		Clock:   func(skew time.Duration) { x.state.SkewMS = skew.Milliseconds() },
		Sending: func() error { return x.beforeSend(spends) },
	}
}
