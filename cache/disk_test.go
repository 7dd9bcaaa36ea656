//go:build unix

package cache

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// needUnshare skips where user namespaces aren't allowed.
func needUnshare(t *testing.T) {
	t.Helper()
	if err := exec.Command("unshare", "-rm", "true").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("unshare -rm: %v", err)
		}
		t.Skipf("unshare -rm: %v", err)
	}
}

// inShell runs the job in a shell that prepares the disk first. %DIR is the folder.
func (j job) inShell(t *testing.T, script string) said {
	t.Helper()
	script = strings.ReplaceAll(script, "%DIR", j.Dir) + ` && exec "$0"`
	return j.start(t, "unshare", "-rm", "/bin/sh", "-c", script).release().says()
}

// R2: No refresh token is sent before the room for its successor is on the disk.
func TestWithoutRoomNothingIsSent(t *testing.T) {
	full := "cp -a %DIR %DIR.copy && mount -t tmpfs -o size=64k,mode=700 none %DIR && cp -a %DIR.copy/. %DIR/"
	readOnly := "mount --bind %DIR %DIR && mount -o remount,bind,ro %DIR"
	for _, tt := range []struct {
		name, script string
		wrap         []string
		problem      string
	}{
		{name: "full disk", script: full, problem: "has no room for a new token: no space left on device"},
		{name: "read-only", script: readOnly, problem: "can't be"},
		{name: "file size limit", wrap: []string{"/bin/sh", "-c", `ulimit -f 64; exec "$0"`}, problem: "has no room for a new token: file too large"},
	} {
		for _, age := range []time.Duration{10 * time.Minute, 50 * time.Minute, 3545 * time.Second, 2 * time.Hour} {
			t.Run(tt.name+" "+age.String(), func(t *testing.T) {
				eachForm(t, func(t *testing.T, seal string) {
					dir, dom := folderOf(t, seal), newDomain(t)
					access, refresh := dom.login()
					plant(t, dir, access, refresh, age, time.Hour)
					j := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey}
					var s said
					if tt.script != "" {
						needUnshare(t)
						s = j.inShell(t, tt.script)
					} else {
						s = j.start(t, tt.wrap...).release().says()
					}
					if n := dom.count(); n != 0 {
						t.Errorf("%d presentations", n)
					}
					if age < time.Hour {
						if s.Access != access || s.Error != "" {
							t.Errorf("a live token: got %+v", s)
						}
					} else if s.Kind != "folder" || !strings.Contains(s.Error, tt.problem) || !strings.Contains(s.Error, dir.path) {
						t.Errorf("a dead token: got %+v", s)
					}
					dom.chain(dir, testKey)
					if left := leftovers(t, dir); left != nil {
						t.Errorf("left behind: %q", left)
					}
				})
			})
		}
	}
}

func listing(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range entries {
		fi, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		st := fi.Sys().(*syscall.Stat_t)
		b.WriteString(e.Name() + " " + fi.Mode().String() + " " + fi.ModTime().Format(time.RFC3339Nano) + " ")
		b.WriteString(octal(fs.FileMode(st.Uid)) + "\n")
	}
	return b.String()
}

// R6: A fresh token costs no write and is served whatever state the folder's other files are in.
func TestAFreshTokenTouchesNothing(t *testing.T) { eachForm(t, testAFreshTokenTouchesNothing) }

func testAFreshTokenTouchesNothing(t *testing.T, seal string) {
	dir := folderOf(t, seal)
	tok := plant(t, dir, "fresh", "r", time.Minute, time.Hour)
	h, err := dir.tryLock(dir.name(testKey)) // somebody else's
	if err != nil {
		t.Fatal(err)
	}
	defer h.release()
	before := listing(t, dir.path)
	for range 10 {
		got, err := dir.again(t).Token(t.Context(), testKey, Query{}, Renewal{})
		if err != nil || got.Token.Access != tok.Access {
			t.Errorf("got %v", err)
		}
	}
	if after := listing(t, dir.path); after != before {
		t.Errorf("the folder changed: %s, then %s", before, after)
	}
}

// A1.7b: Machines that may not see each other's locks don't share a refresh token.
func TestANetworkFolderHasAKeyPerMachine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache")
	var names []string
	for _, m := range []string{"one", "two"} {
		sys := NewSystem()
		sys.Machine, sys.NetworkFS = func() string { return m }, func(string) bool { return true }
		d, err := Open(path, sys) // for the first one the folder isn't there yet
		if err != nil {
			t.Fatal(err)
		}
		grants := 0
		r := Renewal{Client: func() string { return "" }, Grant: grantOf(func() (Token, *Refusal) {
			grants++
			return Token{Access: text("of " + m), AccessStamp: Stamp{Life: time.Hour}}, nil
		})}
		for range 2 {
			got, err := d.Token(t.Context(), testKey, Query{}, r)
			if err != nil || got.Token.Access != text("of "+m) {
				t.Errorf("%s: %v", m, err)
			}
			if d, err = Open(path, sys); err != nil {
				t.Fatal(err)
			}
		}
		if grants != 1 {
			t.Errorf("%s: %d grants", m, grants)
		}
		names = append(names, d.name(testKey))
	}
	if names[0] == names[1] || names[0] == string(testKey) {
		t.Errorf("names %q", names)
	}
}
