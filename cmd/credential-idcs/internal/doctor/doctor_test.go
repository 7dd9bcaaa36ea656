package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/signin"
)

// A ward is a machine with a home, tools and a strict domain.
type ward struct {
	t       *testing.T
	domain  *idcstest.Server
	home    string
	tools   string
	env     map[string]string
	ahead   time.Duration
	proxy   func(*url.URL) (*url.URL, error)
	unnamed string
	system  cache.System
}

func newWard(t *testing.T) *ward {
	t.Helper()
	w := &ward{t: t, domain: idcstest.Start(t, idcstest.Options{}), home: t.TempDir(), tools: t.TempDir(), system: cache.NewSystem()}
	w.env = map[string]string{"HOME": w.home, "PATH": w.tools}
	w.file("client-key.pem", string(w.domain.KeyClient.Key.KeyPEM()))
	w.file("client-cert.pem", string(w.domain.KeyClient.Key.CertPEM()))
	w.program("credential-idcs")
	return w
}

func (w *ward) file(name, content string) string {
	w.t.Helper()
	path := filepath.Join(w.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// program puts something executable on PATH.
func (w *ward) program(name string) string {
	w.t.Helper()
	path := filepath.Join(w.tools, name+tooltest.Exe)
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 9\n"), 0o755); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w *ward) now() time.Time { return time.Now().Add(w.ahead) }

// profile writes a profile with these targets and loads it.
func (w *ward) profile(targets ...string) *config.Profile {
	w.t.Helper()
	return w.configured(fmt.Sprintf(`[profiles.work]
domain = %q
ca_file = %q
client_id = %q
login = "device"
scope = "urn:opc:idm:__myscopes__"
username = "ana"
targets = ["%s"]
[profiles.work.client]
key_file = "client-key.pem"
cert_file = "client-cert.pem"
`, w.domain.URL(), w.domain.CAFile, w.domain.KeyClient.ID, strings.Join(targets, `", "`)))
}

// configured writes a configuration and returns its first profile.
func (w *ward) configured(toml string) *config.Profile {
	w.t.Helper()
	f, err := config.Load(w.file("config.toml", toml), w.home)
	if err != nil {
		w.t.Fatal(err)
	}
	return f.Profiles[0]
}

// look returns what a doctor reports, as it is printed.
func (w *ward) look(look func(*Doctor)) string {
	w.t.Helper()
	var out strings.Builder
	getenv := func(k string) string { return w.env[k] }
	environ := func() (list []string) {
		for k, v := range w.env {
			list = append(list, k+"="+v)
		}
		return list
	}
	w.system.Now = w.now
	look(&Doctor{
		Report: func(f Finding) {
			if f.Level != OK && f.Command == "" {
				w.t.Errorf("nothing says what to do about: %s", f.Text)
			}
			Sheet{Out: &out}.Write(f)
		},
		Engine: func(p *config.Profile) (*engine.Engine, error) {
			return engine.New(engine.World{
				Machine: methods.Machine{
					Now: w.now, Rand: rand.Reader, UserAgent: "credential-idcs/test", Getenv: getenv, Environ: environ, Proxy: w.proxy,
				},
				CacheDir: filepath.Join(w.home, ".cache"), System: w.system,
			}, p, nil)
		},
		Explain: func(_ *config.Profile, err error) *helpers.Failure { return &helpers.Failure{Message: err.Error()} },
		Mend:    func(*config.Profile, error) string { return "mend it" },
		Advice: func(_ *config.Profile, err error) string {
			if errors.Is(err, signin.ErrNoRefresh) {
				return "tick Allow token refresh"
			}
			return ""
		},
		Proxy: w.proxy, EngineFiles: []string{filepath.Join(w.home, "daemon.json")},
		Now: w.now, Getenv: getenv, Environ: environ, Home: w.home, Dir: w.home, Self: filepath.Join(w.tools, "credential-idcs"+tooltest.Exe), Unnamed: w.unnamed, Others: []*config.Profile{{Name: "home"}},
	})
	return out.String()
}

func (w *ward) lookAtTools(p *config.Profile) string {
	return w.look(func(d *Doctor) { d.Tools(context.Background(), []*config.Profile{p}) })
}

// has demands lines in a report, and lacks that others aren't there.
func has(t *testing.T, report string, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if !strings.Contains(report, l) {
			t.Errorf("no %q in\n%s", l, report)
		}
	}
}

func lacks(t *testing.T, report string, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if strings.Contains(report, l) {
			t.Errorf("%q in\n%s", l, report)
		}
	}
}

// A wrong clock is told from a wrong key: the client is accepted, and the clock is the error.
func TestClockIsHeldAgainstTheDomains(t *testing.T) {
	for _, c := range []struct {
		ahead time.Duration
		want  string
		way   string // a Date has whole seconds, so the last second of the difference isn't known
	}{
		{0, "ok       this machine's clock agrees with the domain's", ""},
		{-20 * time.Second, "warning  this machine's clock is ", " behind the domain's"},
		{10 * time.Minute, "error    this machine's clock is ", " ahead of the domain's"},
		{-10 * time.Minute, "error    this machine's clock is ", " behind the domain's"},
	} {
		w := newWard(t)
		w.ahead = c.ahead
		p := w.profile("https://git.example.com")
		report := w.look(func(d *Doctor) { d.Profile(context.Background(), p, false) })
		has(t, report, c.want, c.way, " accepts the client\n")
	}
}

// A certificate that ends soon, has ended, or is another key's.
func TestCertificateIsHeldAgainstKeyAndClock(t *testing.T) {
	w := newWard(t)
	p := w.profile("https://git.example.com")
	offline := func() string {
		return w.look(func(d *Doctor) { d.Profile(context.Background(), p, true) })
	}
	has(t, offline(), "ok       profile work: client-cert.pem belongs to client-key.pem")

	end := certificateEnd(t, w.domain.KeyClient.Key.CertPEM())
	w.ahead = time.Until(end) - 10*24*time.Hour
	has(t, offline(), "warning  profile work: client-cert.pem expires on ", "\topenssl req -x509 -new -key "+filepath.Join(w.home, "client-key.pem")+" ")
	w.ahead = time.Until(end) + time.Hour
	has(t, offline(), "error    profile work: client-cert.pem expired on ")

	w.ahead = 0
	w.file("client-key.pem", anotherKey(t))
	has(t, offline(), "error    profile work: client-cert.pem is not the certificate of client-key.pem")
	w.file("client-key.pem", "no key")
	has(t, offline(), "error    profile work: client-key.pem holds no PEM block")
}

// On a folder that other machines may see, each of them needs a login.
func TestNetworkFolderIsNamed(t *testing.T) {
	w := newWard(t)
	p := w.profile("https://git.example.com")
	if err := os.Mkdir(filepath.Join(w.home, ".cache"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.system.NetworkFS = func(string) bool { return true }
	has(t, w.look(func(d *Doctor) { d.Profile(context.Background(), p, true) }),
		"warning  profile work: the cache folder may be shared with other machines")
}
