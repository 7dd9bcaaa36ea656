//go:build linux

package cluster_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// age makes the stored token older than a minute: a refusal of a younger one is believed later.
func (p *person) age() { p.Age(2 * time.Minute) }

// rotate changes the domain's key and makes the API servers notice: they keep the keys that they have until
// they meet a token of another, and take tokens of the old one so long. (A token that they have taken they
// take for ten seconds more without a look. Those of these tests are new to them.)
func (w *world) rotate(t *testing.T) {
	t.Helper()
	if err := w.domain.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	w.person(t).isAna("kubectl")
	w.employ(t, machine.Alone, w.ids.URL, withID).isAna("kubectl")
}

// The API server refuses a token that looks fresh, and nobody says so to the helper. But the same program
// asks again: the request that met the refusal fails, the next one works. An ID token is got anew by an
// assertion, for a refresh brings none.
func refused(t *testing.T, w *world) {
	for grant, p := range map[string]*person{
		idcstest.Refresh:   w.person(t),
		idcstest.Assertion: w.employ(t, machine.Alone, w.ids.URL, withID),
	} {
		w.rotate(t)
		p.age()
		list, before := p.lister(), w.domain.Posts(grant)
		if err := list(); !apierrors.IsUnauthorized(err) {
			t.Errorf("%s: the token of the old key: %v", grant, err)
		}
		if err := list(); err != nil {
			t.Errorf("%s: the next request: %v", grant, err)
		}
		if got := w.domain.Posts(grant) - before; got != 1 {
			t.Errorf("%d posts of %s", got, grant)
		}
		p.Chain()
	}
}

// So it is with kubectl: a command of one request fails, and the one after it works. A command that looks
// first at what the server has, as most do, meets the refusal there, asks again and works by itself.
func refusedKubectl(t *testing.T, w *world) {
	const kubectl = "kubectl-1.37" // others may ask for the server's version first
	for _, test := range []struct {
		words []string
		heals bool
	}{
		{[]string{kubectl, "auth", "whoami"}, false},
		{[]string{kubectl, "get", "configmaps"}, true},
	} {
		p := w.person(t)
		w.rotate(t)
		p.age()
		p.refreshes(1, func() {
			if test.heals {
				p.Works(test.words...)
				return
			}
			said, err := p.Try(test.words...)
			p.reads(said, err, "You must be logged in to the server (Unauthorized)")
			p.Works(test.words...)
		})
		p.Chain()
	}
}

// Without a folder that ends with the session the helper can't remember what it answered whom: the refused
// token is answered until somebody says so. The person does, by a refresh.
func refusedUnnoticed(t *testing.T, w *world) {
	p := w.person(t)
	p.Env = slices.DeleteFunc(p.Env, func(v string) bool { return strings.HasPrefix(v, "XDG_RUNTIME_DIR=") })
	w.rotate(t)
	p.age()
	p.refreshes(1, func() {
		for range 2 {
			said, err := p.Try("kubectl", "get", "configmaps")
			p.reads(said, err, "You must be logged in to the server")
		}
		p.Works("credential-idcs", "refresh", "work")
		p.Works("kubectl", "get", "configmaps")
	})
}

// A server that refuses whatever comes costs one refresh a minute, or one assertion, however often it is
// asked.
func refusedAlways(t *testing.T, w *world) {
	w.domain.ConfigureClientAccess(false) // so the API servers never learn of this key
	defer w.domain.ConfigureClientAccess(true)
	if err := w.domain.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	for grant, p := range map[string]*person{
		idcstest.Refresh:   w.person(t),
		idcstest.Assertion: w.employ(t, machine.Alone, w.ids.URL, withID),
	} {
		list := p.lister()
		for minute := range 2 {
			p.age()
			before := w.domain.Posts(grant)
			for request := range 10 {
				if err := list(); !apierrors.IsUnauthorized(err) {
					t.Errorf("%s: minute %d, request %d: %v", grant, minute, request, err)
				}
			}
			if got := w.domain.Posts(grant) - before; got != 1 {
				t.Errorf("minute %d: %d posts of %s", minute, got, grant)
			}
		}
		p.Chain()
	}
}

// lister is a request of a client-go program.
func (p *person) lister() func() error {
	p.T.Helper()
	maps := p.configMaps()
	return func() error {
		_, err := maps.List(p.Context(), metav1.ListOptions{})
		return err
	}
}
