package cache

import (
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// An outcome is what an attempt brought: a token or a refusal.
type outcome struct {
	token   Token
	refusal *Refusal
	grant   bool
}

// complete adds to the domain's answer what the cache has: when it was sent, and what is kept of
// the old token because the answer brought no other.
func (x *transaction) complete(t *Token, old Token) {
	t.AccessStamp.Obtained, t.AccessStamp.Boot = x.now.Obtained, x.now.Boot
	t.predecessor, t.given = digest(old.Refresh), old.given
	t.machine = x.d.sys.Machine()
	if t.Refresh.Empty() {
		t.Refresh = old.Refresh
	}
	if t.Scope == "" {
		t.Scope = old.Scope
	}
	if t.ID.Empty() {
		t.ID, t.IDStamp, t.idless = old.ID, old.IDStamp, true
	} else {
		t.IDStamp.Obtained, t.IDStamp.Boot = x.now.Obtained, x.now.Boot
	}
}

// replaced reports that the token on the disk is no longer the one that was sent and refused: a
// login came between, under a lock that we don't see. Its token isn't touched.
func (x *transaction) replaced() (Token, bool) {
	t, err := x.d.read(x.name)
	if err != nil || t.Refresh == x.old.Refresh {
		return Token{}, false
	}
	z, err := x.classify(t)
	return t, err == nil && z == fresh
}

// markSpent notes that the domain refused the refresh token, and why that may be. One that was marked
// before, and is sent again because a person typed refresh, keeps the reason of the first time.
func (x *transaction) markSpent() {
	if !x.state.spent(x.old) {
		x.state.Mark = &mark{Digest: digest(x.old.Refresh)}
		if x.doubt != nil {
			x.state.Mark.Interrupted = &Interrupted{At: x.doubt.At, Pid: x.doubt.Pid}
		}
	}
	x.state.Intent, x.doubt = nil, nil
}

// finish stores what came of it and answers.
func (x *transaction) finish(z zone, o outcome) (Result, error) {
	if o.refusal != nil {
		return x.failed(z, o)
	}
	if newer, ok := x.replaced(); ok { // a login came between, under a lock file of its own
		x.room.drop()
		return Result{Token: newer}, nil
	}
	r := Result{Token: o.token}
	err := x.room.save(x.name, o.token)
	if err != nil {
		r.Warnings = append(r.Warnings, &NotSavedError{Err: err})
	}
	x.d.sys.saved("token", err)
	if err == nil || inPlace(err) {
		x.settled()
	} // else the intent stays: the token on the disk is spent, and the next call must find that out
	if x.query.ID {
		if z, _ := x.classify(o.token); z == expired {
			return Result{}, ErrNoID
		}
	}
	return r, nil
}

// settled writes down that all is well.
func (x *transaction) settled() {
	x.state.Intent, x.state.Mark, x.state.Pause, x.state.Last = nil, nil, nil, nil
	x.state.Attempts++
	_ = x.store(false) // an intent that stays names a token that is gone
}

// failed writes down the failure for all processes of this machine and answers by zone.
func (x *transaction) failed(z zone, o outcome) (Result, error) {
	f := o.refusal
	if log := x.d.sys.Log; log != nil {
		log("refused", "verdict", f.Verdict, "class", f.Failure.Class, "successor", !f.Refresh.Empty())
	}
	if why := f.calledOff(); why != nil { // by beforeSend: nothing was sent
		x.room.drop()
		if errors.Is(why, errLockLost) {
			return Result{}, why
		}
		return x.answer(x.old, z, why)
	}
	lost := false
	if !f.Refresh.Empty() {
		lost = !x.keepSuccessor(f.Refresh)
	} else {
		x.room.drop()
	}
	intent := x.state.Intent
	x.record(f, o.grant)
	if log := x.d.sys.Log; log != nil && x.state.Pause != nil {
		p := x.state.Pause
		log("pause", "for", p.End.Sub(p.Begun).Round(time.Millisecond), "row", p.Row)
	}
	if lost {
		x.state.Intent = intent // the token on the disk is spent, and the next call must find that out
	}
	_ = x.store(f.Verdict == Spent) // else others will see for themselves
	why := error(x.state.Last)
	if f.Verdict == Spent && !o.grant {
		why = x.loginNeeded(x.old, x.state)
	}
	return x.answer(x.old, z, why)
}

// keepSuccessor stores a refresh token that came in an otherwise useless answer: the old one is
// dead. The access token stays while it lives. It reports whether the successor is on the disk.
func (x *transaction) keepSuccessor(successor secret.Text) bool {
	t := x.old
	t.predecessor, t.Refresh, t.machine = digest(x.old.Refresh), successor, x.d.sys.Machine()
	err := x.room.save(x.name, t)
	x.d.sys.saved("refresh token", err)
	if err != nil && !inPlace(err) {
		return false
	}
	x.old = t
	return true
}
