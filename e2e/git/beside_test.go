//go:build linux

package git

import (
	"strings"
	"testing"
)

// git's own helpers, set up for all hosts before `configure git` or after it, aren't asked beside ours,
// and none of them gets our token to keep: with every git.
func TestConfigurePutsUsAlone(t *testing.T) {
	for _, g := range []string{"git", "git-trixie"} {
		for _, helper := range []string{"store", "cache"} {
			for _, order := range []string{"before", "after"} {
				t.Run(g+" "+helper+" "+order, func(t *testing.T) {
					h := host(t, g)
					setUp := []string{"git config --global --add credential.helper " + helper, "credential-idcs configure git"}
					if order == "after" {
						// What comes behind our lines is asked beside us, until configure runs again.
						setUp = []string{setUp[1], setUp[0], setUp[1]}
					}
					for _, line := range setUp {
						h.Types(line)
					}
					h.Types("git clone --quiet $URL clone")
					if kept(h, helper) {
						t.Errorf("%s keeps our token", helper)
					}
				})
			}
		}
	}
}

// Where a person has put them beside ours, by hand: what they are offered to store says that it is
// ephemeral, or is no password at all, and isn't kept. store does keep a password, ephemeral or not, and
// before 2.46 nothing can be said: that is why configure puts us alone.
func TestAnotherHelperBesideUs(t *testing.T) {
	for _, test := range []struct {
		git, helper, offer string
		keeps              bool
	}{
		{"git-trixie", "store", "Bearer", false},
		{"git-trixie", "cache", "Bearer", false},
		{"git-trixie", "cache", "Basic", false},
		{"git-trixie", "store", "Basic", true},
		{"git", "store", "Basic", true},
		{"git", "cache", "Basic", true},
	} {
		t.Run(test.git+" "+test.helper+" "+test.offer, func(t *testing.T) {
			h := set(t, test.git, test.offer)
			h.Types("git config --global --add credential.helper " + test.helper)
			h.Types("git clone --quiet $URL clone")
			if got := kept(h, test.helper); got != test.keeps {
				t.Errorf("%s keeps our token: %v, want %v", test.helper, got, test.keeps)
			}
		})
	}
}

// kept reports whether one of git's helpers has our token. It ends the cache's daemon, if there is one.
func kept(h *hosting, helper string) bool {
	h.Helper()
	said := h.Types(`printf "protocol=https\nhost=$HOST\n\n" | git credential-` + helper + " get")
	if helper == "cache" {
		h.Types("git credential-cache exit")
	}
	return strings.Contains(said, h.Stored().Access)
}
