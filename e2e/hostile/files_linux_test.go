package hostile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// S27: what will hold a secret is made closed to others; a mode set later would come too late.
func TestNothingIsClosedAfterwards(t *testing.T) {
	need.Strace(t)
	m, _ := room(t, "git.example.com")
	for _, call := range []machine.Call{m.LoginCall(), machine.Refresh, {Name: "git-credential-idcs", Args: []string{"get"}, Stdin: "protocol=https\nhost=git.example.com\n\n"}} {
		trace := filepath.Join(t.TempDir(), "trace")
		if r := m.Do(call.Under(machine.Trace(trace, "chmod,fchmod,fchmodat,openat")...)); r.Exit != 0 {
			t.Fatalf("%s", r)
		}
		b, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			if !strings.Contains(line, m.Home) {
				continue
			}
			if strings.Contains(line, "chmod") || strings.Contains(line, "O_CREAT") && !strings.Contains(line, ", 0600)") {
				t.Errorf("%s: %s", call, line)
			}
		}
		if !strings.Contains(string(b), m.Cache) {
			t.Errorf("%s: the trace shows nothing of %s", call, m.Cache)
		}
	}
}

// S33: another user's link in the place of the cache folder, while the domain still answers: the answer
// is handed out, and nothing is written where the link leads.
func TestFolderReplacedByALink(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to give a link to another user")
	}
	for _, point := range []idcstest.Point{idcstest.RequestRead, idcstest.BeforeBody} {
		t.Run(string(point), func(t *testing.T) {
			t.Parallel() // the program tries to save for 3 s
			m, _ := room(t, "git.example.com")
			gate := m.Domain.Gate(idcstest.Refresh, point)
			p := m.Start(machine.Refresh)
			if err := gate.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			theirs := t.TempDir()
			if err := os.Chmod(theirs, 0o777); err != nil {
				t.Fatal(err)
			}
			for _, err := range []error{os.Rename(m.Cache, m.Cache+".moved"), os.Symlink(theirs, m.Cache), os.Lchown(m.Cache, 65534, 65534)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			gate.Open()
			r := p.Wait()
			if !strings.Contains(r.Stderr, "could not be saved") {
				t.Errorf("%s", r)
			}
			left, err := os.ReadDir(theirs)
			if err != nil || len(left) != 0 {
				t.Errorf("written there: %v, %v", left, err)
			}
			if r := m.Do(machine.Token); r.Exit != 1 || r.Secret() != "" || !strings.Contains(r.Stderr, "is a link that belongs to another user") {
				t.Errorf("%s", r)
			}
		})
	}
}
