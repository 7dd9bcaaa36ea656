//go:build linux

package fire

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A2.2: The order that makes a token durable before it leaves: sync the file, rename it, sync the folder,
// print.
func TestDurableBeforePrinted(t *testing.T) {
	need.Strace(t)
	s := expired(t, machine.Person, idcstest.Options{})
	trace := filepath.Join(t.TempDir(), "trace")
	s.served(s.Do(machine.Git.Under(machine.Trace(trace, "fsync,renameat,renameat2,write,pwrite64,ftruncate")...)))
	b, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	rest := string(b)
	for _, step := range []string{
		"write(", s.File(".new") + ">", // the reserve
		"fsync(", s.File(".new") + ">",
		"pwrite64(", s.File(".state") + ">", // the intent
		"fsync(", s.File(".state") + ">",
		"pwrite64(", s.File(".new") + ">", // the successor
		"ftruncate(", s.File(".new") + ">",
		"fsync(", s.File(".new") + ">",
		"renameat", s.File(".new") + `"`,
		"fsync(", s.Cache + ">",
		"write(1<",
	} {
		_, after, ok := strings.Cut(rest, step)
		if !ok {
			t.Fatalf("no %s in its place:\n%s", step, b)
		}
		rest = after
	}
}

// A2.6: The disk is full, the quota reached, the file system read-only or broken before anything is sent:
// nothing is. A token that lives is answered.
func TestNoRoomNothingSent(t *testing.T) {
	need.Strace(t)
	for _, at := range []place{{"write", ".new"}, {"fsync", ".new"}, {"pwrite64", ".state"}, {"fsync", ".state"}} {
		for _, errno := range []string{"ENOSPC", "EDQUOT", "EIO", "EROFS"} {
			t.Run(at.call+at.suffix+" "+errno, func(t *testing.T) {
				s := alive(t, machine.Person, idcstest.Options{})
				inject := machine.Inject(s.File(at.suffix), at.call, "error="+errno)
				s.served(s.Do(machine.Git.Under(inject...)))
				s.Expire()
				s.failed(1, s.Cache, s.Do(machine.Token.Under(inject...)))
				s.posts(0)
				s.Litter()
				s.Chain()
			})
		}
	}
	t.Run("open .new", func(t *testing.T) {
		for _, errno := range []string{"ENOSPC", "EROFS", "EACCES", "EMFILE"} {
			s := expired(t, machine.Person, idcstest.Options{})
			s.failed(1, s.Cache, s.Do(machine.Token.Under(machine.Inject(s.File(".new"), "openat", "error="+errno)...)))
			s.posts(0)
			s.Chain()
		}
	})
}

// A2.6b: It breaks after the answer: the token is printed with a warning where it could not be saved, and the
// next call finds out what there is. Once the record is written nothing that fails takes it away.
func TestNoRoomAfterTheAnswer(t *testing.T) {
	need.Strace(t)
	for _, test := range []struct {
		place
		saved, warned bool
	}{
		{place{"pwrite64", ".new"}, false, true},
		{place{"ftruncate", ".new"}, true, false}, // blank behind the record instead
		{place{"fsync", ".new"}, true, true},      // renamed; only its durability is in doubt
		{place{"close", ".new"}, true, false},
		{place{"fstat", ".new"}, true, false},
		{place{"newfstatat", ".new"}, true, false},
		{place{"renameat", ".new"}, true, true}, // it lies in .new, whole: the next call renames it
		{place{"fsync", ""}, true, true},        // as above
	} {
		for _, errno := range []string{"ENOSPC", "EDQUOT", "EIO", "EROFS", "ENOMEM"} {
			t.Run(test.call+test.suffix+" "+errno, func(t *testing.T) {
				if test.warned {
					t.Parallel() // the program tries to save for 3 s
				}
				s := expired(t, machine.Alone, idcstest.Options{})
				path := s.Cache
				if test.suffix != "" {
					path = s.File(test.suffix)
				}
				gate := s.Domain.Gate(idcstest.Refresh, idcstest.AfterRotation)
				p := s.Start(machine.Git)
				s.reach(gate)
				tracer := p.Attach(machine.Inject(path, test.call, "error="+errno))
				gate.Open()
				r := p.Wait()
				tracer.Wait()
				s.served(r)
				if strings.Contains(r.Stderr, "could not be saved") != test.warned {
					t.Errorf("warned: %v; %s", !test.warned, r)
				}
				s.Litter()
				s.again()
				if test.saved {
					s.served(s.Do(machine.Git))
					s.posts(0)
				} else {
					s.Domain.Killed() // the successor is as lost as by a kill
					s.served(s.Do(machine.Git))
					s.posts(1)
					s.grants(idcstest.Assertion, 1)
				}
				s.Chain()
			})
		}
	}
}

// The file system runs full after the answer, and has room again a moment later.
func TestRoomAMomentAfterTheAnswer(t *testing.T) {
	need.Strace(t)
	s := expired(t, machine.Person, idcstest.Options{})
	gate := s.Domain.Gate(idcstest.Refresh, idcstest.AfterRotation)
	p := s.Start(machine.Git)
	s.reach(gate)
	// The first six writes of any thread fail.
	tracer := p.Attach(machine.Inject(s.File(".new"), "pwrite64", "error=ENOSPC:when=1..6"))
	gate.Open()
	r := p.Wait()
	tracer.Wait()
	s.served(r)
	if r.Stderr != "" {
		t.Errorf("%s", r)
	}
	s.posts(1)
	s.Chain()
	s.Litter()
}

// The token file can't be replaced (chattr +i, a virus scanner): the successor is served from where it lies.
func TestTokenFileThatCantBeReplaced(t *testing.T) {
	need.Strace(t)
	s := expired(t, machine.Person, idcstest.Options{})
	stays := machine.Inject(s.File(".new"), "renameat,renameat2", "error=EPERM")
	token := s.served(s.Do(machine.Git.Under(stays...)))
	for _, call := range machine.Mixed(4) {
		if got := s.served(s.Do(call.Under(stays...))); got != token {
			t.Errorf("%s: another token", call)
		}
	}
	s.posts(1)
	if got := s.served(s.Do(machine.Git)); got != token { // and replaced when it can be
		t.Errorf("another token")
	}
	s.posts(1)
	s.Chain()
	s.Litter()
}

// A KEY.new that can't be read at the moment is the next call's, and nothing is sent meanwhile.
func TestSuccessorThatCantBeRead(t *testing.T) {
	need.Strace(t)
	for _, errno := range []string{"EMFILE", "EIO", "ENOMEM", "EACCES"} {
		t.Run(errno, func(t *testing.T) {
			s := expired(t, machine.Person, idcstest.Options{Rotation: idcstest.StrictRevoke})
			token := s.served(s.Do(machine.Git.Under(machine.Inject(s.File(".new"), "renameat,renameat2", "error=EPERM")...)))
			s.failed(1, s.File(".new"), s.Do(machine.Git.Under(machine.Inject(s.File(".new"), "openat", "error="+errno)...)))
			if got := s.served(s.Do(machine.Git)); got != token {
				t.Errorf("another token")
			}
			s.posts(1)
			s.Chain()
		})
	}
}

// A real file system that is full.
func TestFullDisk(t *testing.T) {
	userNamespace(t)
	s := alive(t, machine.Person, idcstest.Options{})
	s.Edit(`"predecessor":"([0-9a-f]*) \d+[^"]*"`, `"predecessor":"$1"`) // else it is known as a copy
	// -n: only root may write /run/mount/utab. The folder is copied onto a file system of 16 KiB, which then is filled up.
	full := `mount -n -t tmpfs -o size=16k,mode=700 x "$0.mnt" && cp -a "$0/." "$0.mnt/" && mount -n --move "$0.mnt" "$0" &&
		{ dd if=/dev/zero of="$0/filler" bs=1k >/dev/null 2>&1; exec "$@"; }`
	if err := os.Mkdir(s.Cache+".mnt", 0o700); err != nil {
		t.Fatal(err)
	}
	under := []string{"unshare", "-rm", "/bin/sh", "-c", full, s.Cache}
	s.served(s.Do(machine.Git.Under(under...)))
	s.Expire()
	s.failed(1, s.Cache, s.Do(machine.Git.Under(under...)))
	s.posts(0)
	s.Chain()
}

// A quota of blocks: Go programs get EFBIG and no signal.
func TestFileSizeLimit(t *testing.T) {
	for _, blocks := range []int{0, 1, 64} {
		t.Run(fmt.Sprint(blocks), func(t *testing.T) {
			s := alive(t, machine.Person, idcstest.Options{})
			limit := []string{"/bin/sh", "-c", fmt.Sprintf(`ulimit -f %d; exec "$0" "$@"`, blocks)}
			s.served(s.Do(machine.Git.Under(limit...)))
			s.Expire()
			s.failed(1, s.Cache, s.Do(machine.Git.Under(limit...)))
			s.posts(0)
			s.Chain()
			s.Litter()
		})
	}
}

// A5.4: A home that can't be written: what is stored is served, and nothing is sent.
func TestReadOnlyHome(t *testing.T) {
	userNamespace(t)
	s := set(t, machine.Person, idcstest.Options{})
	under := []string{"unshare", "-rm", "/bin/sh", "-c", `mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"`, s.Home}
	for _, call := range machine.Mixed(4) {
		s.served(s.Do(call.Under(under...)))
	}
	s.Age(50 * 60e9)
	s.served(s.Do(machine.Git.Under(under...)))
	s.Expire()
	s.failed(1, "CREDENTIAL_IDCS_CACHE_DIR", s.Do(machine.Git.Under(under...)))
	s.posts(0)
	s.Chain()
}

// A2.9: sudo: root in a user's home serves what lives and touches nothing.
func TestRootInAnothersHome(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be root in another's home")
	}
	s := alive(t, machine.Person, idcstest.Options{})
	own := func() { // the configuration stays root's: one of another user is refused
		s.Helper()
		if out, err := exec.Command("chown", "-R", "12345:12345", s.Cache).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	own()
	before := s.snapshot()
	s.served(s.Do(machine.Token))
	if after := s.snapshot(); after != before {
		t.Errorf("files changed:\n%s\n%s", before, after)
	}
	s.Expire()
	own()
	before = s.snapshot()
	s.failed(1, "belongs to another user", s.Do(machine.Token))
	s.posts(0)
	if after := s.snapshot(); after != before {
		t.Errorf("files changed:\n%s\n%s", before, after)
	}
}

// snapshot is the folder's files with owners, sizes and times.
func (s *scene) snapshot() string {
	s.Helper()
	var all strings.Builder
	err := filepath.WalkDir(s.Cache, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err == nil {
			st := fi.Sys().(*syscall.Stat_t)
			fmt.Fprintln(&all, path, st.Uid, fi.Mode(), fi.Size(), fi.ModTime().UnixNano(), st.Ino)
		}
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return all.String()
}
