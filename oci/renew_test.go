package oci

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// A session file can be renewed while it lives, and the successor serves in its place.
func TestSessionIsRenewed(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{RenewEnds: true})
	m := at(t, s)
	h, p := sessionFile(t, s)
	old := s.IssueFor(ocitest.User, &h.Key.PublicKey, s.Now().Add(-40*time.Minute), time.Hour)
	if err := s.WriteToken(h, old); err != nil {
		t.Fatal(err)
	}
	f, err := p.Read(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	a, err := m.Renew(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	if a.Life != time.Hour {
		t.Errorf("the successor lives %v", a.Life)
	}
	if _, err := m.Registry(context.Background(), f.Session, "iad.ocir.io"); !errors.Is(err, ErrSettings) {
		t.Errorf("the renewed token still serves: %v", err)
	}
	p.Successor = a.Token
	if _, err := m.Registry(context.Background(), must(t, p, m), "iad.ocir.io"); err != nil {
		t.Error(err)
	}
	// A successor for another key is none.
	other, err := s.WriteSession(home(t), "other")
	if err != nil {
		t.Fatal(err)
	}
	p.Successor = secret.New(other.Session)
	if f, err = p.Read(context.Background(), m); err != nil || f.Token.Reveal() != old {
		t.Errorf("the successor of another key was taken: %v", err)
	}
}
