//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/built"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// firstRelease is the cache folder of a login that 0.1.0 made, whose key of a login knew no user name, on a machine
// without a machine id. To write it again, as root and with a program built from ed6b91d:
//
//	CREDENTIAL_IDCS_FIRST_RELEASE=PROGRAM unshare -m sh -c 'mount --bind /dev/null /etc/machine-id
//	  mount -t tmpfs none /var/lib/dbus; exec go test ./cmd/credential-idcs -run FirstRelease'
const firstRelease = "testdata/0.1.0"

// What that login belongs to.
const (
	upgradeHost   = "idcs-00112233445566778899aabbccddeeff.identity.oraclecloud.com"
	upgradeClient = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	upgradeSecret = "idcscs-of-the-fixture"
	upgradeScope  = "urn:opc:idm:__myscopes__"
)

// An upgrade is a home with a login that the first release made.
type upgrade struct {
	t       *testing.T
	domain  *idcstest.Server
	program string // today's
	home    string
	proxy   string // the way to the domain
	spent   string // the refresh token that the first release stored
}

// newUpgrade is a home with that login, and profiles as a configuration has them. The first one is work.
func newUpgrade(t *testing.T, program string, profiles ...string) *upgrade {
	t.Helper()
	u := upgradeHome(t, program, time.Hour, profiles...)
	cache := filepath.Join(u.home, ".cache", "credential-idcs")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(firstRelease)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(firstRelease, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cache, f.Name()), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, rest, ok := bytes.Cut(b, []byte(`"refresh_token":"`)); ok {
			refresh, _, _ := bytes.Cut(rest, []byte(`"`))
			u.spent = string(refresh)
		}
	}
	if u.spent == "" {
		t.Fatal(firstRelease + " has no refresh token")
	}
	u.domain.AddLogin(u.spent, upgradeClient, upgradeScope+" offline_access")
	return u
}

func upgradeHome(t *testing.T, program string, life time.Duration, profiles ...string) *upgrade {
	t.Helper()
	u := &upgrade{t: t, home: t.TempDir(), program: program, domain: idcstest.Start(t, idcstest.Options{
		Host: upgradeHost, AccessTTL: life, Clients: []idcstest.Client{{ID: upgradeClient, Secret: upgradeSecret}},
	})}
	u.proxy = tunnel(t, upgradeHost+":443", u.domain.Address())
	folder := filepath.Join(u.home, ".config", "credential-idcs")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	var toml strings.Builder
	for i, more := range profiles {
		name := []string{"work", "second"}[i]
		fmt.Fprintf(&toml, "[profiles.%s]\ndomain = %q\nca_file = %q\nclient_id = %q\nlogin = \"refresh_token\"\nscope = %q\n%s\n"+
			"[profiles.%s.client]\nsecret_file = \"client.secret\"\n", name, u.domain.URL(), u.domain.CAFile, upgradeClient, upgradeScope, more, name)
	}
	for name, content := range map[string]string{"config.toml": toml.String(), "client.secret": upgradeSecret} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return u
}

// tunnel is a proxy that leads from one name to an address, and nowhere else.
func tunnel(t *testing.T, from, to string) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		running.Wait()
	})
	serve := func(client net.Conn) {
		defer client.Close()
		in := bufio.NewReader(client)
		request, err := http.ReadRequest(in)
		if err != nil || request.Method != http.MethodConnect || request.Host != from {
			t.Errorf("the proxy got %v, %v", request, err)
			return
		}
		server, err := net.Dial("tcp", to)
		if err != nil {
			t.Error(err)
			return
		}
		defer server.Close()
		_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
		running.Go(func() {
			_, _ = io.Copy(server, in)
			_ = server.(*net.TCPConn).CloseWrite()
		})
		_, _ = io.Copy(client, server)
	}
	running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { serve(client) })
		}
	})
	return "http://" + l.Addr().String()
}

// It writes the fixture, where the variable names the program of the first release; with CI=true, too, it has
// nothing to test.
func TestFirstRelease(t *testing.T) {
	program := os.Getenv("CREDENTIAL_IDCS_FIRST_RELEASE")
	if program == "" {
		t.Skip("only to write " + firstRelease + " again")
	}
	u := upgradeHome(t, program, time.Second, `username = "ana@example.com"`)
	given := u.domain.NewLogin(upgradeClient, upgradeScope+" offline_access")
	u.run(strings.NewReader(given), "login", "work", "--refresh-token-stdin")
	if err := os.RemoveAll(firstRelease); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(firstRelease, os.DirFS(filepath.Join(u.home, ".cache", "credential-idcs"))); err != nil {
		t.Fatal(err)
	}
}

func (u *upgrade) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = []string{"HOME=" + u.home, "PATH=" + os.Getenv("PATH"), "HTTPS_PROXY=" + u.proxy}
	return cmd
}

// run returns what a command of the program prints. It must succeed.
func (u *upgrade) run(stdin *strings.Reader, args ...string) string {
	u.t.Helper()
	cmd := u.command(u.program, args...)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		u.t.Fatalf("%v: %v\n%s", args, err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// refreshed asserts that the stored token was presented, and so often something was.
func (u *upgrade) refreshed(times int) {
	u.t.Helper()
	if n := u.domain.Posts(idcstest.Refresh); n != times || u.domain.Alive(u.spent) {
		u.t.Errorf("%d refreshes, want %d, one with the stored token", n, times)
	}
}

// An upgrade costs no login: what the first release stored under a key without the user name is found by
// any number of processes at once, by whoever only looks, and refreshed.
func TestAnUpgradeCostsNoLogin(t *testing.T) {
	program := filepath.Join(t.TempDir(), "credential-idcs")
	if err := built.Program(runtime.GOOS, program); err != nil {
		t.Fatal(err)
	}
	const ana, bob = `username = "ana@example.com"`, `username = "bob@example.com"`
	t.Run("many at once", func(t *testing.T) { upgradeAtOnce(t, newUpgrade(t, program, ana)) })
	for n := 1; n <= 5; n++ {
		t.Run(fmt.Sprintf("killed at rename %d", n), func(t *testing.T) { upgradeKilled(t, newUpgrade(t, program, ana), n) })
	}
	t.Run("two profiles had it", func(t *testing.T) { upgradeOfTwo(t, newUpgrade(t, program, ana, bob)) })
	t.Run("one of two keeps it", func(t *testing.T) { upgradeOfOne(t, newUpgrade(t, program, "", bob)) })
}

func upgradeAtOnce(t *testing.T, u *upgrade) {
	if got := u.run(nil, "status"); !strings.Contains(got, "expired") || strings.Contains(got, "login needed") {
		t.Errorf("status says\n%s", got)
	}
	const crowd = 16
	got := make([]string, crowd)
	var wg sync.WaitGroup
	for i := range crowd {
		wg.Go(func() {
			out, err := u.command(u.program, "token", "work").CombinedOutput()
			got[i] = strings.TrimSpace(string(out))
			if err != nil {
				t.Errorf("process %d: %v, %s", i, err, out)
			}
		})
	}
	wg.Wait()
	for i, token := range got {
		if token != got[0] {
			t.Errorf("process %d has another token", i)
		}
	}
	u.refreshed(1)
	u.run(nil, "refresh", "work")
	if u.run(nil, "token", "work") == got[0] {
		t.Error("the token wasn't refreshed")
	}
	u.refreshed(2)
	files, err := filepath.Glob(filepath.Join(u.home, ".cache", "credential-idcs", "*.json"))
	if err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}

// Wherever the process is killed that takes over and refreshes, the next call has the login.
func upgradeKilled(t *testing.T, u *upgrade, n int) {
	strace := need.Strace(t)
	err := u.command(strace, "-f", "-o", "/dev/null", "-e", fmt.Sprintf("inject=rename,renameat,renameat2:signal=KILL:when=%d", n), u.program, "token", "work").Run()
	e, ok := errors.AsType[*exec.ExitError](err)
	killed := ok && e.Sys().(syscall.WaitStatus).Signaled()
	if n == 1 && !killed {
		t.Errorf("it wasn't killed: %v", err)
	}
	u.domain.Killed()
	if u.run(nil, "token", "work") == "" {
		t.Error("no token")
	}
	u.refreshed(1)
}

// Where two profiles had one file nobody can tell whose login it is: with two other keys neither gets it.
func upgradeOfTwo(t *testing.T, u *upgrade) {
	for _, profile := range []string{"work", "second"} {
		out, err := u.command(u.program, "token", profile).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "login needed, nothing is stored yet") {
			t.Errorf("%s: %v, %s", profile, err, out)
		}
	}
}

// The profile whose key it still is keeps it.
func upgradeOfOne(t *testing.T, u *upgrade) {
	u.run(nil, "token", "work")
	u.refreshed(1)
	if out, err := u.command(u.program, "token", "second").CombinedOutput(); err == nil {
		t.Errorf("second has a token: %d bytes", len(out))
	}
}
