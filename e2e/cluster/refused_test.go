//go:build linux

package cluster

import (
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/credential-idcs/credential-idcs/e2e/machine"
)

// age makes the stored token older than a minute: a refusal of a younger one is believed later.
func (p *person) age() { p.Age(2 * time.Minute) }

// rotate changes the domain's key and makes the API server notice: it keeps the keys that it has until it
// meets a token of another, and takes tokens of the old one so long. (A token that it has taken it takes
// for ten seconds more without a look. Those of these tests are new to it.)
func (w *world) rotate(t *testing.T) {
	t.Helper()
	if err := w.domain.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	w.person(t).isAna("kubectl")
}

// The API server refuses a token that looks fresh, and nobody says so to the helper. But the same program
// asks again: the request that met the refusal fails, the next one works.
func refused(t *testing.T, w *world) {
	p := w.person(t)
	w.rotate(t)
	p.age()
	list := p.lister()
	p.refreshes(1, func() {
		if err := list(); !apierrors.IsUnauthorized(err) {
			t.Errorf("the token of the old key: %v", err)
		}
		if err := list(); err != nil {
			t.Errorf("the next request: %v", err)
		}
	})
	p.Chain()
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

// A server that refuses whatever comes costs one refresh a minute, however often it is asked. The ID token
// stays the same one all that time: a refresh of this domain brings none.
func refusedAlways(t *testing.T, w *world) {
	w.domain.ConfigureClientAccess(false) // so the API server never learns of this key
	defer w.domain.ConfigureClientAccess(true)
	if err := w.domain.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*person{w.person(t), w.employ(t, machine.Alone, w.api.URL, withID)} {
		list := p.lister()
		for minute := range 2 {
			p.age()
			p.refreshes(1, func() {
				for request := range 10 {
					if err := list(); !apierrors.IsUnauthorized(err) {
						t.Errorf("minute %d, request %d: %v", minute, request, err)
					}
				}
			})
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
