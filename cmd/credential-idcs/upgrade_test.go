//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// firstRelease is the last commit whose key of a login knew no user name.
const firstRelease = "ed6b91d"

// An upgrade is a home with a login that the first release made.
type upgrade struct {
	t        *testing.T
	domain   *idcstest.Server
	old, new string // the programs
	home     string
	token    string // what the first release had
}

// releases builds the first release of this repository's history, and today's program.
func releases(t *testing.T) (first, now string) {
	t.Helper()
	if exec.Command("git", "cat-file", "-e", firstRelease+"^{commit}").Run() != nil {
		t.Skip("the history doesn't reach back to " + firstRelease)
	}
	source := t.TempDir()
	if out, err := exec.Command("/bin/sh", "-c", "cd ../.. && git archive "+firstRelease+" | tar -x -C "+source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	first, now = filepath.Join(t.TempDir(), "credential-idcs"), filepath.Join(t.TempDir(), "credential-idcs")
	for program, dir := range map[string]string{first: source, now: "../.."} {
		build := exec.Command("go", "build", "-o", program, "./cmd/credential-idcs")
		build.Dir = dir
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return first, now
}

// newUpgrade logs the first release in as the profiles of a configuration say. The first one is work.
func newUpgrade(t *testing.T, first, now string, profiles ...string) *upgrade {
	t.Helper()
	u := &upgrade{t: t, domain: idcstest.Start(t, idcstest.Options{AccessTTL: time.Hour}), home: t.TempDir(), old: first, new: now}
	folder := filepath.Join(u.home, ".config", "credential-idcs")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	var toml strings.Builder
	for i, more := range profiles {
		name := []string{"work", "second"}[i]
		fmt.Fprintf(&toml, "[profiles.%s]\ndomain = %q\nca_file = %q\nclient_id = %q\nlogin = \"refresh_token\"\nscope = \"urn:opc:idm:__myscopes__\"\n%s\n"+
			"[profiles.%s.client]\nsecret_file = \"client.secret\"\n", name, u.domain.URL(), u.domain.CAFile, u.domain.SecretClient.ID, more, name)
	}
	for name, content := range map[string]string{"config.toml": toml.String(), "client.secret": u.domain.SecretClient.Secret} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	given := u.domain.NewLogin(u.domain.SecretClient.ID, "urn:opc:idm:__myscopes__ offline_access")
	u.run(strings.NewReader(given), u.old, "login", "work", "--refresh-token-stdin")
	u.token = u.run(nil, u.old, "token", "work")
	return u
}

func (u *upgrade) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = []string{"HOME=" + u.home, "PATH=" + os.Getenv("PATH")}
	return cmd
}

// run returns what a command prints. It must succeed.
func (u *upgrade) run(stdin *strings.Reader, name string, args ...string) string {
	u.t.Helper()
	cmd := u.command(name, args...)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		u.t.Fatalf("%s %v: %v\n%s", name, args, err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// An upgrade costs no login: what the first release stored under a key without the user name is found by
// any number of processes at once, by whoever only looks, and refreshed.
func TestAnUpgradeCostsNoLogin(t *testing.T) {
	first, now := releases(t)
	t.Run("many at once", func(t *testing.T) { upgradeAtOnce(t, newUpgrade(t, first, now, `username = "ana@example.com"`)) })
	t.Run("killed", func(t *testing.T) { upgradeKilled(t, newUpgrade(t, first, now, `username = "ana@example.com"`)) })
	t.Run("two profiles had it", func(t *testing.T) {
		upgradeOfTwo(t, newUpgrade(t, first, now, `username = "ana@example.com"`, `username = "bob@example.com"`))
	})
	t.Run("one of two keeps it", func(t *testing.T) {
		upgradeOfOne(t, newUpgrade(t, first, now, "", `username = "bob@example.com"`))
	})
}

func upgradeAtOnce(t *testing.T, u *upgrade) {
	if got := u.run(nil, u.new, "status"); !strings.Contains(got, "fresh") {
		t.Errorf("status says\n%s", got)
	}
	const crowd = 16
	got := make([]string, crowd)
	var wg sync.WaitGroup
	for i := range crowd {
		wg.Go(func() {
			out, err := u.command(u.new, "token", "work").Output()
			got[i] = strings.TrimSpace(string(out))
			if err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for i, token := range got {
		if token != u.token {
			t.Errorf("process %d has another token", i)
		}
	}
	if n := u.domain.Posts(idcstest.Refresh); n != 1 {
		t.Errorf("%d requests, want the login's own", n)
	}
	u.run(nil, u.new, "refresh", "work")
	if now := u.run(nil, u.new, "token", "work"); now == u.token {
		t.Error("the token wasn't refreshed")
	}
	files, err := filepath.Glob(filepath.Join(u.home, ".cache", "credential-idcs", "*.json"))
	if err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}

// Wherever a take-over is killed, the next call has the login.
func upgradeKilled(t *testing.T, u *upgrade) {
	strace := need.Strace(t)
	kept := filepath.Join(t.TempDir(), "kept")
	cache := filepath.Join(u.home, ".cache", "credential-idcs")
	u.run(nil, "cp", "-a", cache, kept)
	killed := 0
	for n := 1; n <= 4; n++ {
		u.run(nil, "/bin/sh", "-c", fmt.Sprintf("rm -rf %[1]s && mv %[2]s %[1]s && cp -a %[1]s %[2]s", cache, kept))
		err := u.command(strace, "-f", "-o", "/dev/null", "-e", fmt.Sprintf("inject=rename,renameat,renameat2:signal=KILL:when=%d", n), u.new, "token", "work").Run()
		if e, ok := errors.AsType[*exec.ExitError](err); ok && e.Sys().(syscall.WaitStatus).Signaled() {
			killed++
		}
		if got := u.run(nil, u.new, "token", "work"); got != u.token {
			t.Errorf("killed at rename %d: another token", n)
		}
	}
	if killed == 0 {
		t.Error("no process was killed")
	}
	if n := u.domain.Posts(idcstest.Refresh); n != 1 {
		t.Errorf("%d requests, want the login's own", n)
	}
}

// Where two profiles had one file nobody can tell whose login it is: with two other keys neither gets it.
func upgradeOfTwo(t *testing.T, u *upgrade) {
	for _, profile := range []string{"work", "second"} {
		out, err := u.command(u.new, "token", profile).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "login needed, nothing is stored yet") {
			t.Errorf("%s: %v, %s", profile, err, out)
		}
	}
}

// The profile whose key it still is keeps it.
func upgradeOfOne(t *testing.T, u *upgrade) {
	if got := u.run(nil, u.new, "token", "work"); got != u.token {
		t.Error("work lost its login")
	}
	if out, err := u.command(u.new, "token", "second").CombinedOutput(); err == nil {
		t.Errorf("second has a token: %d bytes", len(out))
	}
}
