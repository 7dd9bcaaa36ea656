package engine

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// An oracleBench is a profile with an OCI principal, at a strict double.
type oracleBench struct {
	t      *testing.T
	oracle *ocitest.Server
	home   ocitest.Home
	dir    string
	ahead  time.Duration
}

const okeCluster = "ocid1.cluster.oc1.iad.aaaa"

func newOracleBench(t *testing.T, o ocitest.Options) *oracleBench {
	t.Helper()
	b := &oracleBench{t: t, oracle: ocitest.Start(t, o), dir: t.TempDir()}
	home := filepath.Join(b.dir, ".oci")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	var err error
	if b.home, err = b.oracle.WriteSession(home, "work"); err != nil {
		t.Fatal(err)
	}
	return b
}

// engine is that of one of the profile's targets.
func (b *oracleBench) engine(target int) *Engine {
	b.t.Helper()
	return b.of(fmt.Sprintf(`[profiles.work]
login = "oci"
ca_file = %q
targets = ["https://iad.ocir.io", "https://k.example.com", "https://us-ashburn-1.ocir.io"]
[profiles.work.oci]
principal = "session"
profile = "work"
[profiles.work.target."https://k.example.com"]
kind = "oke"
cluster = %q
`, b.oracle.CAFile, okeCluster), "work", target)
}

// of is the engine of a target of a profile in a configuration.
func (b *oracleBench) of(toml, profile string, target int) *Engine {
	b.t.Helper()
	file := filepath.Join(b.dir, "config.toml")
	if err := os.WriteFile(file, []byte(toml), 0o600); err != nil {
		b.t.Fatal(err)
	}
	f, err := config.Load(file, b.dir)
	if err != nil {
		b.t.Fatal(err)
	}
	p, err := f.Profile(profile)
	if err != nil {
		b.t.Fatal(err)
	}
	proxy, err := url.Parse(b.oracle.ProxyURL())
	if err != nil {
		b.t.Fatal(err)
	}
	now := func() time.Time { return time.Now().Add(b.ahead) }
	system := cache.NewSystem()
	system.Now, system.Boot = now, func() time.Duration { return 0 }
	e, err := New(World{
		Machine: methods.Machine{
			Now: now, Rand: rand.Reader, UserAgent: "credential-idcs/test",
			Getenv: func(string) string { return "" }, Environ: os.Environ,
			Proxy: func(u *url.URL) (*url.URL, error) {
				if u.Hostname() == "127.0.0.1" { // as the environment's has it
					return nil, nil
				}
				return proxy, nil
			},
		},
		CacheDir: filepath.Join(b.dir, "cache"), System: system, Mend: call.Mend,
	}, p, &p.Targets[target])
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

// mustToken is a token, or the end of the test.
func (e *Engine) mustToken(t *testing.T, w cache.Query) cache.Token {
	t.Helper()
	r, err := e.Token(context.Background(), w)
	if err != nil {
		t.Fatal(err)
	}
	return r.Token
}

func (b *oracleBench) token(target int, w cache.Query) cache.Token {
	b.t.Helper()
	r, err := b.engine(target).Token(context.Background(), w)
	if err != nil {
		b.t.Fatal(err)
	}
	if len(r.Warnings) > 0 {
		b.t.Errorf("warnings: %v", r.Warnings)
	}
	return r.Token
}
