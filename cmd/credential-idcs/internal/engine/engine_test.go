package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A bench is a profile at a strict domain, with a clock that the test moves.
type bench struct {
	t      *testing.T
	domain *idcstest.Server
	dir    string
	ahead  time.Duration
	env    map[string]string
	key    *idcstest.Key
	client *idcstest.Client
}

func newBench(t *testing.T, o idcstest.Options) *bench {
	t.Helper()
	b := &bench{t: t, domain: idcstest.Start(t, o), dir: t.TempDir(), env: map[string]string{"PATH": os.Getenv("PATH")}}
	b.client = &b.domain.KeyClient
	b.key = b.client.Key
	b.write("client-key.pem", b.key.KeyPEM(), 0o600)
	b.write("client-cert.pem", b.key.CertPEM(), 0o644)
	b.write("client.secret", []byte(b.domain.SecretClient.Secret+"\n"), 0o600)
	return b
}

func (b *bench) write(name string, content []byte, mode os.FileMode) {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, content, mode); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		b.t.Fatal(err)
	}
}

// now is the machine's clock as the test has set it.
func (b *bench) now() time.Time { return time.Now().Add(b.ahead) }

// engine writes a profile from TOML lines and returns its engine. %s in head is the domain's address.
func (b *bench) engine(lines string) *Engine {
	b.t.Helper()
	toml := fmt.Sprintf("[profiles.work]\ndomain = %q\nca_file = %q\ntargets = [\"https://git.example.com\"]\n%s",
		b.domain.URL(), b.domain.CAFile, lines)
	b.write("config.toml", []byte(toml), 0o600)
	file, err := config.Load(filepath.Join(b.dir, "config.toml"), b.dir)
	if err != nil {
		b.t.Fatal(err)
	}
	p, err := file.Profile("work")
	if err != nil {
		b.t.Fatal(err)
	}
	system := cache.NewSystem()
	system.Now = b.now
	system.Boot = func() time.Duration { return 0 }
	e, err := New(World{
		Machine: methods.Machine{
			Now: b.now, Rand: rand.Reader, UserAgent: "credential-idcs/test",
			Getenv: func(k string) string { return b.env[k] }, Environ: os.Environ,
		},
		CacheDir: filepath.Join(b.dir, "cache"), System: system, Mend: func(*config.Profile, error) string { return "mend it" },
	}, p, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

func (b *bench) byKey() string {
	return fmt.Sprintf(`client_id = %q
login = "assertion"
scope = "urn:opc:idm:__myscopes__"
[profiles.work.client]
key_file = "client-key.pem"
key_id = %q
[profiles.work.user]
subject = %q
`, b.domain.KeyClient.ID, b.key.Alias, b.domain.User.Name)
}

func (b *bench) bySecret(login, extra string) string {
	return fmt.Sprintf(`client_id = %q
login = %q
scope = "urn:opc:idm:__myscopes__"
username = %q
[profiles.work.client]
secret_file = "client.secret"
%s`, b.domain.SecretClient.ID, login, b.domain.User.Name, extra)
}

func (b *bench) token(e *Engine, w cache.Query) cache.Token {
	b.t.Helper()
	r, err := e.Token(context.Background(), w)
	if err != nil {
		b.t.Fatal(err)
	}
	b.verify(r.Token)
	return r.Token
}

func (b *bench) verify(t cache.Token) {
	b.t.Helper()
	if _, err := b.domain.Verify(t.Access.Reveal()); err != nil {
		b.t.Fatal(err)
	}
}

// A profile with a user assertion needs no login: the first call gets the tokens, the next one reads
// them, and when they have expired one refresh brings new ones.
func TestAssertionGetsTokensByItself(t *testing.T) {
	b := newBench(t, idcstest.Options{AccessTTL: time.Hour})
	first := b.token(b.engine(b.byKey()), cache.Query{})
	if again := b.token(b.engine(b.byKey()), cache.Query{}); again.Access != first.Access {
		t.Error("a fresh token was not answered from the cache")
	}
	if got := b.domain.Posts(idcstest.Assertion); got != 1 {
		t.Errorf("%d user assertions, want 1", got)
	}
	b.ahead = 61 * time.Minute
	b.domain.SetSkew(b.ahead)
	second := b.token(b.engine(b.byKey()), cache.Query{})
	if second.Access == first.Access || second.Refresh == first.Refresh {
		t.Error("an expired token was not replaced")
	}
	if got := b.domain.Posts(idcstest.Refresh); got != 1 {
		t.Errorf("%d refreshes, want 1", got)
	}
}

// When the refresh token is spent, the same call goes on to the profile's own grant.
func TestSpentRefreshTokenIsReplacedByAnotherGrant(t *testing.T) {
	b := newBench(t, idcstest.Options{AccessTTL: time.Hour})
	first := b.token(b.engine(b.byKey()), cache.Query{})
	b.domain.EndLogin(first.Refresh.Reveal())
	b.ahead = 61 * time.Minute
	b.domain.SetSkew(b.ahead)
	b.token(b.engine(b.byKey()), cache.Query{})
	if r, a := b.domain.Posts(idcstest.Refresh), b.domain.Posts(idcstest.Assertion); r != 1 || a != 2 {
		t.Errorf("%d refreshes and %d assertions, want 1 and 2", r, a)
	}
}

func TestPasswordLoginThenSpentNeedsALogin(t *testing.T) {
	b := newBench(t, idcstest.Options{AccessTTL: time.Hour})
	e := b.engine(b.bySecret("password", ""))
	if _, err := e.Token(context.Background(), cache.Query{}); !errors.Is(err, cache.ErrNothing) {
		t.Fatalf("before the login: %v, want ErrNothing", err)
	}
	r, err := e.LoginPassword(context.Background(), secret.New(b.domain.User.Password))
	if err != nil {
		t.Fatal(err)
	}
	b.verify(r.Token)
	b.domain.EndLogin(r.Token.Refresh.Reveal())
	b.ahead = 61 * time.Minute
	b.domain.SetSkew(b.ahead)
	for range 3 {
		_, err := b.engine(b.bySecret("password", "")).Token(context.Background(), cache.Query{})
		if _, ok := errors.AsType[*cache.SpentError](err); !ok {
			t.Fatalf("got %v, want a SpentError", err)
		}
	}
	if got := b.domain.Posts(idcstest.Refresh); got != 1 {
		t.Errorf("%d refreshes, want 1: a spent token isn't sent again", got)
	}
}

func TestRefreshTokenFromElsewhere(t *testing.T) {
	b := newBench(t, idcstest.Options{})
	e := b.engine(b.bySecret("refresh_token", ""))
	given := b.domain.NewLogin(b.domain.SecretClient.ID, "urn:opc:idm:__myscopes__ offline_access")
	r, err := e.LoginRefreshToken(context.Background(), secret.New(given))
	if err != nil {
		t.Fatal(err)
	}
	b.verify(r.Token)
	if b.domain.Alive(given) || !b.domain.Alive(r.Token.Refresh.Reveal()) {
		t.Error("the stored refresh token is not the successor of the given one")
	}
}

func TestRefusedRefreshTokenFromElsewhereChangesNothing(t *testing.T) {
	b := newBench(t, idcstest.Options{})
	e := b.engine(b.bySecret("refresh_token", ""))
	given := b.domain.NewLogin(b.domain.SecretClient.ID, "urn:opc:idm:__myscopes__ offline_access")
	kept, err := e.LoginRefreshToken(context.Background(), secret.New(given))
	if err != nil {
		t.Fatal(err)
	}
	wrong := secret.New("AQIDBAUnonsense=")
	if _, err := e.LoginRefreshToken(context.Background(), wrong); err == nil {
		t.Fatal("a made-up refresh token was accepted")
	}
	if got := b.token(b.engine(b.bySecret("refresh_token", "")), cache.Query{}); got.Access != kept.Token.Access {
		t.Error("the stored token changed")
	}
}

// A wrong secret is asked about once a minute, but a corrected one at once.
func TestWrongSecretPausesUntilItIsMended(t *testing.T) {
	b := newBench(t, idcstest.Options{})
	b.write("client.secret", []byte("wrong"), 0o600)
	for range 3 {
		_, err := b.engine(b.bySecret("client_credentials", "")).Token(context.Background(), cache.Query{})
		f, ok := errors.AsType[*cache.Failure](err)
		if !ok || f.Class != call.Configured || f.Code != "invalid_client" {
			t.Fatalf("got %v, want invalid_client", err)
		}
	}
	if got := b.domain.Posts(idcstest.ClientCredentials); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
	b.write("client.secret", []byte(b.domain.SecretClient.Secret), 0o600)
	b.token(b.engine(b.bySecret("client_credentials", "")), cache.Query{})
}

// A machine whose clock is off has its assertions refused once, and then corrects them by the
// domain's Date.
func TestClockIsCorrectedByTheDomain(t *testing.T) {
	b := newBench(t, idcstest.Options{AccessTTL: time.Hour})
	b.ahead = -10 * time.Minute
	e := b.engine(b.byKey())
	r, err := e.Token(context.Background(), cache.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Warnings) != 1 {
		t.Errorf("warnings %v, want one about the clock", r.Warnings)
	}
	if got := b.domain.Posts(idcstest.Assertion); got != 2 {
		t.Errorf("%d requests, want 2: one refused, one corrected", got)
	}
	b.token(b.engine(b.byKey()), cache.Query{Force: true})
	if got := b.domain.Posts(idcstest.Refresh); got != 1 {
		t.Errorf("%d refreshes, want 1: the correction is remembered", got)
	}
}

func TestLogoutRevokes(t *testing.T) {
	b := newBench(t, idcstest.Options{})
	first := b.token(b.engine(b.byKey()), cache.Query{})
	if err := b.engine(b.byKey()).Logout(context.Background()); err != nil {
		t.Fatal(err)
	}
	if b.domain.Alive(first.Refresh.Reveal()) {
		t.Error("the refresh token lives on at the domain")
	}
	if v := b.engine(b.byKey()).View(); v.State != "none" {
		t.Errorf("state %q after logout, want none", v.State)
	}
}

func TestSecretCommand(t *testing.T) {
	need.Unix(t, "the command is a shell's script")
	b := newBench(t, idcstest.Options{})
	b.env["HIDDEN"] = "x"
	t.Setenv("GIT_CONFIG_PARAMETERS", "'credential.helper=evil'")
	t.Setenv("KUBERNETES_EXEC_INFO", "{}")
	script := filepath.Join(b.dir, "print-secret")
	b.write("print-secret", []byte("#!/bin/sh\n[ -z \"$KUBERNETES_EXEC_INFO$GIT_CONFIG_PARAMETERS\" ] || exit 1\nsleep 60 >/dev/null 2>&1 &\ncat "+filepath.Join(b.dir, "client.secret")+"\n"), 0o700)
	lines := fmt.Sprintf("client_id = %q\nlogin = \"client_credentials\"\nscope = \"urn:opc:idm:__myscopes__\"\n[profiles.work.client]\nsecret_command = [%q]\n",
		b.domain.SecretClient.ID, script)
	b.token(b.engine(lines), cache.Query{})
}
