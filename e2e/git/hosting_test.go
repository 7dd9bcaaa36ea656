//go:build linux

package git

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var program machine.Program

func TestMain(m *testing.M) { os.Exit(machine.Main(m, &program)) }

// The gits: the machine's, which on Debian 12 is of before 2.46 and knows Basic only, and a newer
// one, which takes Bearer, and gets it where the server wants nothing else.
var gits = []struct {
	name   string
	offers []string
	scheme string
}{
	{"git", []string{"Bearer", "Basic"}, "Basic"},
	{"git-trixie", []string{"Bearer", "Basic"}, "Basic"},
	{"git-trixie", []string{"Bearer"}, "Bearer"},
}

// A hosting is a person's machine, logged in at a domain, and a git server that takes the domain's
// tokens. In what the person types, `git` is the git of the test, $HOST the server and $URL its
// repository.
type hosting struct {
	*testing.T
	*machine.Machine
	server *servers.Server
	folder string      // of the server's repositories
	shut   atomic.Bool // the server refuses whatever comes
	turn   func() bool // whether the server refuses this request, whatever it carries; nil: none
}

// host makes a hosting in which nobody has told git of us.
func host(t *testing.T, git string, offers ...string) *hosting {
	t.Helper()
	path := need.Tool(t, git)
	domain := idcstest.Start(t, idcstest.Options{})
	h := &hosting{T: t, folder: t.TempDir()}
	h.server = h.serve(domain, h.folder, offers...)
	h.Machine = machine.New(t, program, domain, machine.Person, h.server.URL)
	bin := filepath.Join(h.Home, ".bin")
	if err := errors.Join(os.Mkdir(bin, 0o700), os.Symlink(path, filepath.Join(bin, "git"))); err != nil {
		t.Fatal(err)
	}
	h.Tools = append(h.Tools, "PATH="+bin+":"+string(program)+":"+os.Getenv("PATH"),
		"GIT_CONFIG_NOSYSTEM=1", "HOST="+h.server.Host, "URL="+h.server.URL+servers.Repository)
	h.Put(".gitconfig", fmt.Sprintf("[user]\n\tname = Ana\n\temail = ana@example.com\n[http]\n\tsslCAInfo = %s\n", domain.CAFile))
	h.Login()
	return h
}

// set makes a hosting whose git was told of us by `configure git`.
func set(t *testing.T, git string, offers ...string) *hosting {
	t.Helper()
	h := host(t, git, offers...)
	h.Types("credential-idcs configure git")
	return h
}

// each runs a test for each git and what a server may offer it.
func each(t *testing.T, test func(h *hosting, scheme string)) {
	for _, g := range gits {
		t.Run(g.name+" "+strings.Join(g.offers, "+"), func(t *testing.T) {
			test(set(t, g.name, g.offers...), g.scheme)
		})
	}
}

// serve runs a git server that takes the domain's tokens until the hosting is shut.
func (h *hosting) serve(domain *idcstest.Server, folder string, offers ...string) *servers.Server {
	h.Helper()
	cert, err := domain.CA.Issue("127.0.0.1", "localhost")
	if err != nil {
		h.Fatal(err)
	}
	s, err := servers.Git(h.Context(), cert, func(token string) (string, error) {
		if h.shut.Load() || h.turn != nil && h.turn() {
			return "", errors.New("nobody gets in")
		}
		return domain.Access(token)
	}, folder, offers...)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = s.Close() })
	return s
}

// thief runs a git server that is nobody's target, and would like to be. The test fails if the token
// comes there, or nobody.
func (h *hosting) thief() *servers.Server {
	h.Helper()
	s := h.serve(h.Domain, h.TempDir())
	h.Cleanup(func() {
		if tally := s.Tally(); tally.Anonymous == 0 || tally.Accepted > 0 {
			h.Errorf("the thief saw %+v", tally)
		}
	})
	return s
}

// refuse makes the server refuse the token that is stored now, as after a change of its own rules.
func (h *hosting) refuse() {
	h.Helper()
	h.Domain.Refuse(h.Stored().Access)
}

// commit makes a commit in the clone with a file of size bytes that doesn't compress.
func (h *hosting) commit(size int) {
	h.Helper()
	var noise strings.Builder
	for x := uint64(size) | 1; noise.Len() < size; {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		fmt.Fprintf(&noise, "%016x", x)
	}
	h.Put("clone/noise", noise.String())
	h.Types("git -C clone add noise && git -C clone commit --quiet --message=noise")
}
