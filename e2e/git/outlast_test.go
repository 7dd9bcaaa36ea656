//go:build linux

package git

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// second is for hosting.turn: before the second request with a token is judged, something happens, and it
// is refused.
func second(happens func()) func() bool {
	var n atomic.Int32
	return func() bool {
		if n.Add(1) != 2 {
			return false
		}
		happens()
		return true
	}
}

// dies is the end of the stored token, on this machine and at the server.
func (h *hosting) dies() {
	h.refuse()
	h.Expire()
}

// A push begins with a token that dies before its end: a slow hook, many objects. git 2.46 and later asks
// again within the push, which costs one refresh. git before has no way to: the push fails, and the next one
// works.
func TestPushThatOutlastsItsToken(t *testing.T) {
	for _, g := range gits {
		for _, size := range []int{1 << 10, 4 << 20} {
			if g.scheme == "Bearer" && size > 1<<20 {
				continue // git 2.47 sends no Bearer header with the probe of such a push
			}
			t.Run(fmt.Sprintf("%s %s %d", g.name, strings.Join(g.offers, "+"), size), func(t *testing.T) {
				h := set(t, g.name, g.offers...)
				h.Types("git clone --quiet $URL clone")
				h.commit(size)
				h.turn = second(h.dies)
				if g.name == "git" {
					h.Fails("git -C clone push --quiet")
				} else {
					h.Pays(1, "git -C clone push --quiet")
				}
				if tally := h.server.Tally(); tally.Refused == 0 {
					t.Errorf("the token did not die: %+v", tally)
				}
				h.turn = nil
				h.Types("git -C clone push --quiet")
				here := strings.TrimSpace(h.Types("git -C clone rev-parse HEAD"))
				if there := h.Types("git ls-remote $URL refs/heads/main"); !strings.HasPrefix(there, here) {
					t.Errorf("pushed %s, the server has %s", here, there)
				}
				h.Chain()
			})
		}
	}
}

// A 401 in the middle to a token that is good: git 2.46 and later brings it again, and nobody refreshes.
func TestOneRefusalOfAGoodTokenCostsNoRefresh(t *testing.T) {
	for _, offer := range []string{"Basic", "Bearer"} {
		t.Run(offer, func(t *testing.T) {
			h := set(t, "git-trixie", offer)
			h.Types("git clone --quiet $URL clone")
			h.commit(1 << 10)
			h.turn = second(func() {})
			h.Pays(0, "git -C clone push --quiet")
			if tally := h.server.Tally(); tally.Refused != 1 {
				t.Errorf("the server saw %+v", tally)
			}
		})
	}
}

// An upload of git-lfs whose token dies between its batch and its objects.
func TestLargeFilesThatOutlastTheirToken(t *testing.T) {
	for _, g := range []string{"git", "git-trixie"} {
		t.Run(g, func(t *testing.T) {
			need.Tool(t, "git-lfs")
			h := set(t, g, "Basic")
			h.Types("git clone --quiet $URL clone && cd clone && git lfs install --local && git lfs track noise")
			h.commit(1 << 16)
			h.turn = second(h.dies)
			h.Pays(1, "cd clone && git lfs push --all origin")
			if tally := h.server.Tally(); tally.Refused == 0 {
				t.Errorf("the token did not die: %+v", tally)
			}
			h.turn = nil
			h.Types("cd clone && git push --quiet && rm -r .git/lfs/objects && git lfs fetch && git lfs fsck --objects")
			h.Chain()
		})
	}
}

// Where a person has told git of a program that prompts, it is not run beside us: not with a token, and not
// without a login, where git is told to stop. It is run for a user that we are not, and doctor names the one
// that git takes.
func TestAskpassIsNotInTheWay(t *testing.T) {
	for _, g := range []string{"git", "git-trixie"} {
		t.Run(g, func(t *testing.T) {
			h := set(t, g)
			h.Profile.Tables = fmt.Sprintf("[profiles.work.target.%q]\nusername = \"ana\"\n", h.server.URL)
			h.Configure()
			for _, name := range []string{"variable", "setting", "ssh"} {
				path := h.Put(name, "#!/bin/sh\necho \"$0 $1\" >>\"$HOME/prompts\"\necho typed\n")
				h.Types("chmod 700 " + path)
			}
			plain := h.Tools
			for _, c := range []struct {
				env  []string
				line string
				wins string
			}{
				{[]string{"SSH_ASKPASS=" + h.Home + "/ssh"}, "true", "ssh (the variable SSH_ASKPASS)"},
				{[]string{"SSH_ASKPASS=" + h.Home + "/ssh"}, "git config --global core.askPass " + h.Home + "/setting", "setting (core.askPass in " + h.Home + "/.gitconfig)"},
				{[]string{"GIT_ASKPASS=" + h.Home + "/variable", "SSH_ASKPASS=" + h.Home + "/ssh"}, "true", "variable (the variable GIT_ASKPASS)"},
			} {
				h.Tools = append(append([]string(nil), plain...), c.env...)
				h.Types(c.line + "; rm -f prompts")
				h.Types("git ls-remote $URL")
				h.LogsOut()
				h.Fails("git ls-remote $URL", machine.NeedsLogin...)
				h.Login()
				h.Types("test ! -e prompts")
				h.Fails("git ls-remote https://eve@$HOST/team/app.git", "credential-idcs: git asks "+h.server.URL+" for the user eve, and profile work is ana")
				program, _, _ := strings.Cut(c.wins, " ")
				if asked := h.Types("cat prompts"); !strings.HasPrefix(asked, h.Home+"/"+program+" Password for") {
					t.Errorf("%s: asked was %q", c.wins, asked)
				}
				doctor, _ := h.Try("credential-idcs", "doctor", "--offline")
				h.Reads("doctor", doctor, "ok       git runs "+h.Home+"/"+c.wins+" where credential-idcs has no answer\n")
			}
		})
	}
}

// A server that takes Bearer only: git before 2.46 can't send it, and from 2.41 on a line says so (see the
// transcripts of helpers/git). 2.39 doesn't tell what the server takes. git-trixie gets in.
func TestServerThatTakesBearerOnly(t *testing.T) {
	h := set(t, "git", "Bearer")
	if said := h.Fails("git ls-remote $URL", "Authentication failed"); strings.Contains(said, "credential-idcs:") {
		t.Errorf("got\n%s", said)
	}
	h = set(t, "git-trixie", "Bearer")
	if said := h.Types("git ls-remote $URL"); strings.Contains(said, "credential-idcs:") {
		t.Errorf("got\n%s", said)
	}
	if tally := h.server.Tally(); tally.Scheme != "Bearer" || tally.Refused > 0 {
		t.Errorf("the server saw %+v", tally)
	}
}
