package call

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

const gitRequest = "protocol=https\nhost=git.example.com\n\n"

// A station is a machine with one profile, and a process on it that was started as some helper.
type station struct {
	*testing.T
	env         map[string]string
	out, errors strings.Builder
	terminal    bool
}

func newStation(t *testing.T) *station {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	const doc = `[profiles.work]
domain = "https://domain.example.com"
client_id = "c"
login = "device"
scope = "openid"
targets = ["https://git.example.com"]
`
	if err := os.WriteFile(path, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	return &station{T: t, env: map[string]string{"CREDENTIAL_IDCS_CONFIG": path, "CREDENTIAL_IDCS_CACHE_DIR": filepath.Join(dir, "cache")}}
}

// stores logs in, so long ago, and gets a token for an hour.
func (s *station) stores(ago time.Duration) {
	s.Helper()
	system := cache.NewSystem()
	system.Now = func() time.Time { return time.Now().Add(-ago) }
	system.Boot = func() time.Duration { return 0 }
	file, err := config.Load(s.env["CREDENTIAL_IDCS_CONFIG"], "")
	if err != nil {
		s.Fatal(err)
	}
	dir, err := cache.Open(s.env["CREDENTIAL_IDCS_CACHE_DIR"], system)
	if err != nil {
		s.Fatal(err)
	}
	_, err = dir.Login(context.Background(), Key(file.Profiles[0]), func(_ context.Context, a cache.Attempt) (cache.Token, *cache.Refusal) {
		if err := a.Sending(); err != nil {
			s.Fatal(err)
		}
		return cache.Token{Access: secret.New("eyJ.a.b"), Refresh: secret.New("r"), AccessStamp: cache.Stamp{Life: time.Hour}}, nil
	})
	if err != nil {
		s.Fatal(err)
	}
}

// starts runs the call by the files alone.
func (s *station) starts(stdin io.Reader, args ...string) (p *host.Process, status int, answered bool) {
	s.Helper()
	s.out.Reset()
	s.errors.Reset()
	p = &host.Process{
		Args: args, Stdin: stdin, Stdout: &s.out, Stderr: &s.errors,
		Getenv: func(name string) string { return s.env[name] }, Environ: func() []string { return nil },
		Now: time.Now, Terminal: func(int) bool { return s.terminal },
		Exit: func(status int) { s.Fatalf("exit %d", status) },
	}
	status, answered = Run(context.Background(), p, nil)
	return p, status, answered
}

func TestAFreshTokenIsAnsweredByTheFilesAlone(t *testing.T) {
	s := newStation(t)
	s.stores(0)
	_, status, answered := s.starts(strings.NewReader(gitRequest), "git-credential-idcs", "get")
	if !answered || status != 0 || !strings.Contains(s.out.String(), "password=eyJ.a.b\n") || s.errors.String() != "" {
		t.Errorf("answered %v, exit %d, %q, %q", answered, status, s.out.String(), s.errors.String())
	}
}

// What the configuration or the input decides is final: main could only say the same.
func TestWhatTheFilesDecideIsFinal(t *testing.T) {
	s := newStation(t)
	for _, c := range []struct {
		args          []string
		stdin, stdout string
		status        int
	}{
		{[]string{"git-credential-idcs", "store"}, gitRequest, "", 0},
		{[]string{"git-credential-idcs", "get"}, strings.ReplaceAll(gitRequest, "git.", "other."), "", 0},
		{[]string{"docker-credential-idcs", "get"}, "other.example.com", "credentials not found in native keychain\n", 1},
		{[]string{"docker-credential-idcs", "list"}, "", "{}\n", 0},
		{[]string{"credential-idcs", "kubectl", "nonsense"}, "", "", 2},
		{[]string{"git-credential-idcs", "--profile", "other", "get"}, gitRequest, "", 5},
	} {
		_, status, answered := s.starts(strings.NewReader(c.stdin), c.args...)
		if !answered || status != c.status || s.out.String() != c.stdout {
			t.Errorf("%q: answered %v, exit %d, %q", c.args, answered, status, s.out.String())
		}
	}
}

// A call that needs more than the files begins anew in main: nothing was printed, nothing of the input is gone.
func TestWhatTheFilesLackIsLeftToMain(t *testing.T) {
	for name, prepare := range map[string]func(*station){
		"nothing is stored": func(*station) {},
		"expired":           func(s *station) { s.stores(2 * time.Hour) },
		"a person types":    func(s *station) { s.stores(0); s.terminal = true },
		"a log is kept":     func(s *station) { s.stores(0); s.env["CREDENTIAL_IDCS_DEBUG"] = "1" },
	} {
		s := newStation(t)
		prepare(s)
		p, _, answered := s.starts(strings.NewReader(gitRequest), "git-credential-idcs", "get")
		if answered || s.out.String() != "" || s.errors.String() != "" {
			t.Errorf("%s: answered %v, %q, %q", name, answered, s.out.String(), s.errors.String())
		}
		if b, err := io.ReadAll(p.Stdin); string(b) != gitRequest || err != nil {
			t.Errorf("%s: main reads %q, %v", name, b, err)
		}
	}
	s := newStation(t)
	s.stores(0)
	for _, args := range [][]string{
		{"git-credential-idcs", "--debug", "get"}, {"git-credential-idcs", "get", "--debug"}, {"credential-idcs", "--debug", "git", "get"},
		{"cargo-credential-idcs", "--cargo-plugin"}, {"credential-idcs", "status"}, {"credential-idcs"}, nil,
	} {
		if _, _, answered := s.starts(failing{}, args...); answered || s.out.String()+s.errors.String() != "" {
			t.Errorf("%q was answered first", args)
		}
	}
}

// failing is an input that nobody may read.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("it was read") }

// An output that takes nothing is main's to explain.
func TestAnAnswerThatCannotBeWrittenIsLeftToMain(t *testing.T) {
	s := newStation(t)
	s.stores(0)
	p := &host.Process{
		Args: []string{"git-credential-idcs", "get"}, Stdin: strings.NewReader(gitRequest), Stdout: full{}, Stderr: &s.errors,
		Getenv: func(name string) string { return s.env[name] }, Now: time.Now, Terminal: func(int) bool { return false },
	}
	if status, answered := Run(context.Background(), p, nil); answered || s.errors.String() != "" {
		t.Errorf("exit %d, %q", status, s.errors.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }
