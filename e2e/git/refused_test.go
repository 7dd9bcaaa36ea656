//go:build linux

package git

import (
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A server refuses a token that has not expired. That command fails, as git has no way to ask again,
// and tells the helper, so the next one works with a new token.
func TestRefusedTokenHeals(t *testing.T) {
	each(t, func(h *hosting, _ string) {
		h.Age(2 * time.Minute) // a refusal of a token younger than a minute is believed later
		h.refuse()
		h.Fails("git ls-remote $URL")
		h.Pays(1, "git ls-remote $URL")
		h.Chain()
	})
}

// A server that refuses whatever comes doesn't make the helper ask the domain again and again: a
// refresh that a refusal forces comes once a minute at most.
func TestServerThatRefusesAll(t *testing.T) {
	each(t, func(h *hosting, _ string) {
		h.Age(2 * time.Minute)
		h.shut.Store(true)
		posts := h.Domain.Posts(idcstest.Refresh)
		for range 5 {
			h.Fails("git ls-remote $URL")
		}
		if n := h.Domain.Posts(idcstest.Refresh) - posts; n != 1 {
			h.Errorf("%d refreshes, want 1", n)
		}
		h.Chain()
	})
}
