package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

func text(s string) secret.Text { return secret.New(s) }

// A world is an API with one state Secret, a domain with one-time tokens, and a clock. It plays no part
// by itself: hooks of a test make things go wrong.
type world struct {
	t   *testing.T
	now time.Time

	stored   []byte // state.json
	exists   bool
	version  int
	uid      string
	asked    string
	obeyed   string
	writes   int
	onGet    func(p string) error
	onSwap   func(p string, s *State) (lost bool, err error) // lost: written, and err all the same
	alive    map[string]bool
	sent     map[string]int // presentations
	issued   int
	ended    bool                                        // the family was revoked: a token came twice
	onSend   func(p, refresh string) (answer, lost bool) // lost: rotated, and no answer
	answers  func(n int) *Refusal                        // in place of the domain's n-th answer
	requests int
}

func newWorld(t *testing.T) *world {
	w := &world{
		t: t, now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), exists: true, uid: "u1",
		alive: map[string]bool{}, sent: map[string]int{},
	}
	w.store(w.token(time.Hour))
	return w
}

// token is a state as after a login, of that life.
func (w *world) token(life time.Duration) State {
	access, refresh := w.issue()
	return State{
		Identity: "id", Access: text(access), Refresh: text(refresh), Generation: 1,
		Obtained: Stamp{Wall: w.now}, Life: life,
	}
}

func (w *world) issue() (access, refresh string) {
	w.issued++
	refresh = fmt.Sprintf("r%d", w.issued)
	w.alive[refresh] = true
	return fmt.Sprintf("a%d", w.issued), refresh
}

func (w *world) store(s State) {
	w.t.Helper()
	b, err := encodeState(&s)
	if err != nil {
		w.t.Fatal(err)
	}
	w.stored, w.version = b, w.version+1
}

func (w *world) state() State {
	w.t.Helper()
	s, err := decodeState(w.stored)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// keeper is a replica's.
func (w *world) keeper(name string) *Keeper {
	return &Keeper{
		Profile: "ci", Identity: "id", Holder: name, Store: &worldStore{w, name},
		Renewal: Renewal{
			Refresh: func(_ context.Context, refresh secret.Text, a Attempt) (Answer, *Refusal) {
				return w.present(name, refresh.Reveal(), a)
			},
			Client: func() string { return "c" },
		},
		Clock: func() Stamp { return Stamp{Wall: w.now} }, Spread: func() float64 { return 1 },
		Fence: func(Stamp) bool { return true }, Stopping: func() bool { return false },
		Log: slog.New(slog.DiscardHandler), Done: func(string) {},
	}
}

// present is the domain: each refresh token once, and a second time ends the login.
func (w *world) present(p, refresh string, a Attempt) (Answer, *Refusal) {
	if err := a.Sending(); err != nil {
		return Answer{}, &Refusal{Failure: Failure{Text: "called off"}, Verdict: policy.NotSent, Pause: policy.PauseConnect, Err: err}
	}
	w.requests++
	w.sent[refresh]++
	answer, lost := true, false
	if w.onSend != nil {
		answer, lost = w.onSend(p, refresh)
	}
	none := &Refusal{Failure: Failure{Text: "no answer"}, Verdict: policy.Doubt, Pause: policy.PauseAnswer}
	if !answer && !lost {
		return Answer{}, none
	}
	if w.answers != nil {
		if r := w.answers(w.requests); r != nil {
			return Answer{}, r
		}
	}
	if !w.alive[refresh] || w.ended {
		w.ended = w.ended || w.sent[refresh] > 1
		return Answer{}, &Refusal{Failure: Failure{Code: "invalid_grant", Text: "spent"}, Verdict: policy.Spent}
	}
	delete(w.alive, refresh)
	access, next := w.issue()
	if lost {
		return Answer{}, none
	}
	return Answer{Access: text(access), Refresh: text(next), Life: time.Hour}, nil
}

// worldStore is the API as one replica sees it.
type worldStore struct {
	*world
	name string
}

func (w *worldStore) snapshot() (Snapshot, error) {
	s, err := decodeState(w.stored)
	return Snapshot{State: s, UID: w.uid, Asked: w.asked, Obeyed: w.obeyed, secret: &corev1.Secret{}, version: w.version}, err
}

func (w *worldStore) Get(context.Context) (Snapshot, error) {
	if w.onGet != nil {
		if err := w.onGet(w.name); err != nil {
			return Snapshot{}, err
		}
	}
	if !w.exists {
		return Snapshot{}, &APIError{Verb: "get", Secret: "s", Kind: ErrMissing, Err: errors.New("404")}
	}
	return w.snapshot()
}

func (w *worldStore) Swap(_ context.Context, over Snapshot, s State) (Snapshot, error) {
	lost, err := false, error(nil)
	if w.onSwap != nil {
		if lost, err = w.onSwap(w.name, &s); err != nil && !lost {
			return Snapshot{}, err
		}
	}
	switch {
	case !w.exists:
		return Snapshot{}, &APIError{Verb: "update", Secret: "s", Kind: ErrMissing, Err: errors.New("404")}
	case over.version != w.version:
		return Snapshot{}, &APIError{Verb: "update", Secret: "s", Kind: ErrConflict, Err: errors.New("409")}
	}
	w.writes++
	w.obeyed = over.Obeyed
	w.store(s)
	if lost {
		return Snapshot{}, err
	}
	return w.snapshot()
}

// pass lets time pass.
func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

// turn has one turn of a keeper's.
func turn(t *testing.T, k *Keeper) Outlook {
	t.Helper()
	o, err := k.Turn(context.Background())
	if err != nil {
		t.Fatalf("a turn: %v", err)
	}
	return o
}

// holds asserts what is stored: the generation, the refresh token, and whether it is the one that the
// domain would take.
func (w *world) holds(generation int64, refresh string) {
	w.t.Helper()
	s := w.state()
	if s.Generation != generation || s.Refresh.Reveal() != refresh {
		w.t.Errorf("stored is generation %d, %s; want %d, %s", s.Generation, s.Refresh.Reveal(), generation, refresh)
	}
}

func (w *world) settled() {
	w.t.Helper()
	if s := w.state(); s.Intent != nil || s.Mark != nil || s.Pause != nil {
		w.t.Errorf("something is left: intent %v, mark %v, pause %v", s.Intent, s.Mark, s.Pause)
	}
}

var errAPI = &APIError{Verb: "update", Secret: "s", Err: errors.New("timeout")}
