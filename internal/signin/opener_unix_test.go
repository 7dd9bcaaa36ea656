//go:build unix

package signin

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A stage has the test binary as the only browser there is.
type stage struct {
	bin     string // holds the commands
	out     string // what the browser reports
	environ []string
}

// newStage puts the test binary into a folder under the given name.
func newStage(t *testing.T, name, mode, ca string) stage {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := stage{bin: t.TempDir(), out: filepath.Join(t.TempDir(), "report")}
	if err := os.Symlink(self, filepath.Join(s.bin, name)); err != nil {
		t.Fatal(err)
	}
	s.environ = []string{
		"PATH=:relative:" + s.bin, "HOME=" + t.TempDir(), "KEPT=kept",
		"SIGNIN_TEST_BROWSER=" + mode, "SIGNIN_TEST_CA=" + ca, "SIGNIN_TEST_OUT=" + s.out,
		"KUBERNETES_EXEC_INFO=canary1", "GIT_DIR=canary2", "GIT_CONFIG_PARAMETERS=canary3", "MY_SECRET=canary4",
	}
	return s
}

// report waits for the file that the browser renames into place when it is done.
func (s stage) report(t *testing.T) map[string]string {
	t.Helper()
	for ctx := bound(t); ; {
		b, err := os.ReadFile(s.out)
		if err == nil {
			m := map[string]string{}
			for _, line := range strings.Split(string(b), "\n") {
				name, value, _ := strings.Cut(line, " ")
				if _, twice := m[name]; !twice {
					m[name] = value
				}
			}
			m["whole"] = string(b)
			return m
		}
		select {
		case <-ctx.Done():
			t.Fatal("the browser never reported")
		case <-time.After(5 * time.Millisecond): // a look, not a guess: the file is what is waited for
		}
	}
}

// S48, and the whole login with a browser of its own: a process that is started, goes to the domain,
// comes back, and never exits.
func TestALoginWithABrowserThatNeverExits(t *testing.T) {
	redirect := freeRedirect(t)
	s, c := newDomain(t, idcstest.Options{}, redirect)
	on := newStage(t, "xdg-open", "stays", s.CAFile)
	outs := [2]*os.File{os.Stdout, os.Stderr}
	captured, err := os.Create(filepath.Join(t.TempDir(), "captured"))
	if err != nil {
		t.Fatal(err)
	}
	defer captured.Close()
	os.Stdout, os.Stderr = captured, captured
	var stderr paper
	opener := Opener{Environ: on.environ, Hide: []string{"MY_SECRET"}}
	visit, err := Browser(bound(t), Person{Stderr: &stderr, Open: opener.Open}, c, scope, Return{RedirectURL: redirect})
	os.Stdout, os.Stderr = outs[0], outs[1]
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Token(bound(t), visit.Grant, nil); err != nil {
		t.Fatal(err)
	}
	visit.Close(nil)

	got := on.report(t)
	pid, _ := strconv.Atoi(got["pid"])
	defer func() { _ = syscall.Kill(pid, syscall.SIGKILL) }()
	if err := syscall.Kill(pid, 0); err != nil {
		t.Errorf("the browser was ended with the login: %v", err)
	}
	if strings.Contains(got["whole"], "canary") || !strings.Contains(got["env"], "KEPT=kept") {
		t.Errorf("its environment: %s", got["env"])
	}
	if got["stdin"] != "" || got["dir"] != "/" || got["url"] != redirect || !strings.Contains(got["whole"], "You are logged in") {
		t.Errorf("got %s", got["whole"])
	}
	if !strings.HasPrefix(got["args"], s.URL()+"/oauth2/v1/authorize?") || strings.Contains(got["args"], visit.Grant.Verifier.Reveal()) {
		t.Errorf("its arguments: %s", got["args"])
	}
	if sid, err := unix.Getsid(pid); err != nil || sid != pid {
		t.Errorf("its session is %d, want its own: a Ctrl-C here would end it", sid)
	}
	if b, _ := os.ReadFile(captured.Name()); len(b) != 0 || strings.Contains(stderr.String(), "chatter") {
		t.Errorf("its chatter came through: %q, %q", b, stderr.String())
	}
}

func TestBrowserVariableIsACommand(t *testing.T) {
	for name, c := range map[string]struct{ browser, args string }{
		"a name":                            {"my-browser", "https://x.example.com/"},
		"with arguments":                    {"my-browser --new-window -P work", "--new-window -P work https://x.example.com/"},
		"an absolute path":                  {"BIN/my-browser --x", "--x https://x.example.com/"},
		"a path with a space":               {"BIN/my browser", "https://x.example.com/"},
		"no shell":                          {"my-browser ;touch $HOME/evil `id`", ";touch $HOME/evil `id` https://x.example.com/"},
		"later value of a pair":             {"my-browser", "https://x.example.com/"},
		"%s":                                {"my-browser --url=%s --again %s --end", "--url=https://x.example.com/ --again https://x.example.com/ --end"},
		"a path with a space and arguments": {"BIN/my browser --x", "--x https://x.example.com/"},
		"quotes":                            {`'BIN/my browser' "a b" c`, "a b c https://x.example.com/"},
		"a list":                            {"nowhere:my-browser --second", "--second https://x.example.com/"},
		"a list with %s":                    {"nowhere %s:my-browser -u %s", "-u https://x.example.com/"},
		"a list whose first fails":          {"false:BIN/my browser", "https://x.example.com/"},
		"a list with empty parts":           {"::my-browser:", "https://x.example.com/"},
	} {
		on := newStage(t, "my-browser", "visits", "")
		if err := os.Symlink(filepath.Join(on.bin, "my-browser"), filepath.Join(on.bin, "my browser")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(on.bin, "false"), []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		environ := append(on.environ, "BROWSER=not-this", "BROWSER="+strings.ReplaceAll(c.browser, "BIN", on.bin))
		exit, err := Opener{Environ: environ}.Open("https://x.example.com/")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := <-exit; err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := on.report(t); got["args"] != c.args {
			t.Errorf("%s: got %q, want %q", name, got["args"], c.args)
		}
	}
}

// What lies in the working directory is never run, whatever PATH or $BROWSER say.
func TestOnlyAbsoluteFoldersAreSearched(t *testing.T) {
	on := newStage(t, "xdg-open", "visits", "")
	t.Chdir(on.bin)
	for _, environ := range [][]string{
		{"PATH="}, {"PATH=."}, {"PATH=:"}, {"PATH=" + filepath.Base(on.bin)}, {},
		{"PATH=/nonexistent", "BROWSER=./xdg-open"}, {"PATH=.", "BROWSER=xdg-open"},
		{"PATH=" + on.bin, "BROWSER=sub/xdg-open"}, {"PATH=" + on.bin, "BROWSER=nowhere"},
	} {
		if _, err := (Opener{Environ: environ}).Open("https://x.example.com/"); err == nil {
			t.Errorf("%q: something was run", environ)
		}
	}
	for _, address := range []string{"http://x.example.com/", "file:///etc/passwd", "-version", ""} {
		if _, err := (Opener{Environ: on.environ}).Open(address); err == nil {
			t.Errorf("%q was opened", address)
		}
	}
}

func TestABrowserThatFailsIsNamedAndTheLoginWaitsOn(t *testing.T) {
	on := newStage(t, "xdg-open", "fails", "")
	told := make(chan struct{})
	var exit <-chan error
	l := startLogin(t, idcstest.Options{}, func(p *Person) {
		record := p.Open
		p.Stderr = &teller{l: p.Stderr.(*paper), want: "open the address above", told: told}
		p.Open = func(u string) (<-chan error, error) {
			var err error
			exit, err = Opener{Environ: on.environ}.Open(u)
			_, _ = record(u)
			return exit, err
		}
	})
	<-told
	if want := "credential-idcs: the browser could not be opened (xdg-open: exit status 3); open the address above\n"; !strings.HasSuffix(l.stderr.String(), want) {
		t.Errorf("got %q, want …%q", l.stderr.String(), want)
	}
	l.waits()
}

// A teller closes told when something was written.
type teller struct {
	l    *paper
	want string
	told chan struct{}
}

func (w *teller) Write(b []byte) (int, error) {
	n, err := w.l.Write(b)
	if strings.Contains(string(b), w.want) {
		close(w.told)
	}
	return n, err
}

func TestAnOpenerThatIsMissingIsNamed(t *testing.T) {
	_, err := Opener{Environ: []string{"PATH=/nonexistent", "BROWSER=\x1b[2Jfox"}}.Open("https://x.example.com/")
	if err == nil || err.Error() != "$BROWSER: ?[2Jfox is not on PATH" {
		t.Errorf("got %v", err)
	}
	file := filepath.Join(t.TempDir(), "not-executable")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (Opener{Environ: []string{"BROWSER=" + file}}).Open("https://x.example.com/"); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
