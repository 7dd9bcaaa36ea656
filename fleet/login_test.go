package fleet

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

func TestLoginReplacesWhateverIsThere(t *testing.T) {
	w := newWorld(t)
	k := w.keeper("login")
	s := w.state()
	s.Mark, s.Pause = &Mark{Digest: digest(s.Refresh)}, &Pause{End: w.now.Add(time.Hour)}
	w.store(s)
	conflicts := 0
	w.onSwap = func(string, *State) (bool, error) {
		if conflicts++; conflicts == 1 {
			w.version++ // the leader writes something meanwhile
		}
		return false, nil
	}
	err := k.Login(context.Background(), func(_ context.Context, a Attempt) (Answer, *Refusal) {
		if err := a.Sending(); err != nil {
			t.Error(err)
		}
		access, refresh := w.issue()
		return Answer{Access: text(access), Refresh: text(refresh), Life: time.Hour}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.holds(2, "r2")
	w.settled()
}

func TestExchange(t *testing.T) {
	t.Run("spends the given token at once", func(t *testing.T) {
		w := newWorld(t)
		w.alive["given"] = true
		if err := w.keeper("login").Exchange(context.Background(), text("given")); err != nil {
			t.Fatal(err)
		}
		w.holds(2, "r2")
		w.settled()
		if w.sent["given"] != 1 || w.sent["r1"] != 0 {
			t.Errorf("sent %v", w.sent)
		}
	})
	t.Run("puts back what was there if it is refused", func(t *testing.T) {
		w := newWorld(t)
		if err := w.keeper("login").Exchange(context.Background(), text("typo")); err == nil {
			t.Error("no error")
		}
		w.holds(1, "r1")
		w.settled()
		if w.state().Access.Reveal() != "a1" {
			t.Error("the access token is gone")
		}
	})
	t.Run("leaves what the leader can find out from", func(t *testing.T) {
		w := newWorld(t)
		w.alive["given"] = true
		w.onSend = func(string, string) (bool, bool) { return false, false }
		if err := w.keeper("login").Exchange(context.Background(), text("given")); err == nil {
			t.Error("no error")
		}
		w.onSend = nil
		w.pass(time.Hour)
		turn(t, w.keeper("a"))
		w.holds(2, "r2")
	})
}

// A leader that looks while a first login spends a refresh token leaves that token alone: nothing tells how long
// a token lives, and the answer is on its way.
func TestALeaderWaitsForAFirstLogin(t *testing.T) {
	w := newWorld(t)
	_, refresh := w.issue()
	w.store(State{})
	leader := w.keeper("leader")
	w.onSend = func(p, _ string) (answer, lost bool) {
		w.onSend = nil
		if o := turn(t, leader); !o.InDoubt {
			t.Errorf("the leader sees %+v", o)
		}
		w.pass(5 * time.Second)
		turn(t, leader)
		return true, false
	}
	if err := w.keeper("login").Exchange(context.Background(), text(refresh)); err != nil {
		t.Fatal(err)
	}
	if w.requests != 1 || w.ended {
		t.Errorf("%d presentations, ended %v", w.requests, w.ended)
	}
	w.settled()
}

func TestLogout(t *testing.T) {
	w := newWorld(t)
	k := w.keeper("logout")
	var revoked []string
	revoke := func(_ context.Context, refresh secret.Text, _ time.Duration) error {
		revoked = append(revoked, refresh.Reveal())
		return errors.New("down")
	}
	s := w.state()
	s.Intent = &Intent{Digest: digest(s.Refresh), Holder: "a", At: w.now}
	w.store(s)
	if err := k.Logout(context.Background(), revoke); !errors.Is(err, ErrBusy) || len(revoked) != 0 {
		t.Errorf("while it is refreshed: %v, revoked %v", err, revoked)
	}
	w.pass(31 * time.Second)
	if err := k.Logout(context.Background(), revoke); err == nil || err.Error() != "down" {
		t.Errorf("the failed revocation isn't reported: %v", err)
	}
	w.holds(2, "")
	if len(revoked) != 1 || revoked[0] != "r1" {
		t.Errorf("revoked %v", revoked)
	}
}

func TestStateKeepsWhatItDoesNotKnow(t *testing.T) {
	s, err := decodeState([]byte(`{"generation":3,"refresh_token":"r","later":{"a":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	s.Generation++
	b, err := encodeState(&s)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(b), `{"generation":4,"later":{"a":1},"refresh_token":"r"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := decodeState([]byte(`{"generation":3,"refresh_token":5}`)); !errors.Is(err, errDamaged) {
		t.Errorf("a damaged state: %v", err)
	}
}
