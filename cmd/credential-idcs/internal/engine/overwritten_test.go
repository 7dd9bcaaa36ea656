package engine

import (
	"context"
	"regexp"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/signin"
)

// approver is the stderr of a device login: it approves the code that is printed there.
type approver struct{ domain *idcstest.Server }

func (a approver) Write(b []byte) (int, error) {
	if code := regexp.MustCompile(`[A-Z0-9]{4}-?[A-Z0-9]{4}`).Find(b); code != nil {
		a.domain.ApproveDevice(string(code), a.domain.User.Name)
	}
	return len(b), nil
}

// Two logins of one profile at a time leave one login at the domain: the one that is stored last. The one that it
// overwrote is revoked, since nobody has it any more; so is what a refresh brought meanwhile.
func TestWhatALoginOverwroteIsRevoked(t *testing.T) {
	password := func(b *bench) (cache.Result, error) {
		return b.engine(b.bySecret("password", "")).LoginPassword(t.Context(), secret.New(b.domain.User.Password))
	}
	device := func(b *bench) (cache.Result, error) {
		return b.engine(b.bySecret("device", "")).LoginDevice(t.Context(), signin.Person{
			Stderr: approver{b.domain}, After: func(time.Duration) <-chan time.Time { return time.After(0) },
		})
	}
	refresh := func(b *bench) (cache.Result, error) {
		return b.engine(b.bySecret("password", "")).Token(t.Context(), cache.Query{Force: true})
	}
	type login = func(*bench) (cache.Result, error)
	for name, tt := range map[string]struct {
		before           login // what is stored already
		first, meanwhile login
		gate             string
		posts            int // revocations
	}{
		"password":  {nil, password, password, idcstest.Password, 1},
		"device":    {nil, device, device, idcstest.DeviceCode, 1},
		"a refresh": {password, password, refresh, idcstest.Password, 1},
		"nothing":   {password, password, func(*bench) (cache.Result, error) { return cache.Result{}, nil }, idcstest.Password, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, idcstest.Options{})
			if tt.before != nil {
				if _, err := tt.before(b); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			gate := b.domain.Gate(tt.gate, idcstest.AfterRotation)
			defer gate.Open()
			done := make(chan cache.Result, 1)
			go func() {
				r, err := tt.first(b)
				if err != nil {
					t.Error(err)
				}
				done <- r
			}()
			if err := gate.Wait(ctx); err != nil {
				t.Fatal(err)
			}
			lost, err := tt.meanwhile(b)
			if err != nil {
				t.Fatal(err)
			}
			gate.Open()
			kept := (<-done).Token.Refresh.Reveal()
			if !b.domain.Alive(kept) {
				t.Error("the login that is stored is dead")
			}
			if r := lost.Token.Refresh.Reveal(); r != "" && (b.domain.Alive(r) || r == kept) {
				t.Error("the login that was overwritten lives on at the domain")
			}
			if n := b.domain.Posts("revoke"); n != tt.posts {
				t.Errorf("%d revocations, want %d", n, tt.posts)
			}
			method := map[string]string{idcstest.Password: "password", idcstest.DeviceCode: "device"}[tt.gate]
			if _, err := b.engine(b.bySecret(method, "")).Token(t.Context(), cache.Query{Force: true}); err != nil {
				t.Errorf("what is stored: %v", err)
			}
		})
	}
}
