//go:build linux

package git

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// git-lfs pushes and fetches, by Basic and by Bearer, with a token that is good, and with one that
// the server refuses: git-lfs says so to the helper and asks again within the same command. (A server
// that refuses whatever comes is no test: git-lfs 3.6 asks it again without end, whoever helps.)
func TestLargeFiles(t *testing.T) {
	for _, offer := range []string{"Basic", "Bearer"} {
		t.Run(offer, func(t *testing.T) {
			h := host(t, "git-trixie", offer)
			// git-lfs doesn't always tell the helper what the server offers, and "auto" is Basic then.
			h.Profile.Tables = fmt.Sprintf("[profiles.work.target.%q]\nscheme = %q\n", h.server.URL, strings.ToLower(offer))
			h.Configure()
			lfs := func(words ...string) {
				t.Helper()
				h.Works(append([]string{h.git, "-C", "clone", "lfs"}, words...)...)
			}
			spent := func(what string, want int, do func()) {
				t.Helper()
				posts := h.Domain.Posts(idcstest.Refresh)
				do()
				if n := h.Domain.Posts(idcstest.Refresh) - posts; n != want {
					t.Errorf("%s: %d refreshes, want %d", what, n, want)
				}
			}
			h.Works(h.git, "clone", "--quiet", h.url, "clone")
			lfs("install", "--local")
			lfs("track", "noise")
			h.commit(1 << 10)
			h.Age(2 * time.Minute)
			spent("push", 0, func() { lfs("push", "--all", "origin") })
			h.Works("rm", "-r", "clone/.git/lfs/objects")
			h.refuse()
			spent("fetch, refused", 1, func() { lfs("fetch") })
			lfs("fsck", "--objects") // what came is what was sent
			tally := h.server.Tally()
			if tally.Refused == 0 || tally.Scheme != offer {
				t.Errorf("the server saw %+v", tally)
			}
			h.Chain()
		})
	}
}
