//go:build linux

package git

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// git-lfs pushes and fetches, by Basic and by Bearer, with a token that is good, and with one that
// the server refuses: git-lfs says so to the helper and asks again within the same command. (A server
// that refuses whatever comes is no test: git-lfs 3.6 asks it again without end, whoever helps.)
func TestLargeFiles(t *testing.T) {
	for _, test := range []struct{ git, offer string }{
		{"git", "Basic"}, // with git-lfs 3.3, which knows no other
		{"git-trixie", "Basic"},
		{"git-trixie", "Bearer"},
	} {
		t.Run(test.git+" "+test.offer, func(t *testing.T) {
			need.Tool(t, "git-lfs")
			h := set(t, test.git, test.offer)
			// git-lfs doesn't always tell the helper what the server offers, and "auto" is Basic then.
			h.Profile.Tables = fmt.Sprintf("[profiles.work.target.%q]\nscheme = %q\n", h.server.URL, strings.ToLower(test.offer))
			h.Configure()
			h.Types("git clone --quiet $URL clone && cd clone && git lfs install --local && git lfs track noise")
			h.commit(1 << 10)
			h.Expire()
			h.Pays(1, "cd clone && git lfs push --all origin")
			h.Types("rm -r clone/.git/lfs/objects")
			h.Age(2 * time.Minute)
			h.refuse()
			h.Pays(1, "cd clone && git lfs fetch")
			h.Types("cd clone && git lfs fsck --objects") // what came is what was sent
			tally := h.server.Tally()
			if tally.Refused == 0 || tally.Scheme != test.offer {
				t.Errorf("the server saw %+v", tally)
			}
			h.Chain()

			h.LogsOut()
			h.Types("rm -r clone/.git/lfs/objects")
			h.Fails("cd clone && git lfs fetch", machine.NeedsLogin...)
		})
	}
}
