package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// lookOffline is a look at a profile's files and login.
func (w *ward) lookOffline(p *config.Profile) string {
	return w.look(func(d *Doctor) { d.Profile(context.Background(), p, true) })
}

// alone writes a profile that logs in by assertion, with further lines, and loads it.
func (w *ward) alone(lines string) *config.Profile {
	w.t.Helper()
	return w.configured(fmt.Sprintf(`[profiles.work]
domain = %q
ca_file = %q
client_id = %q
login = "assertion"
scope = "urn:opc:idm:__myscopes__"
%s
[profiles.work.client]
key_file = "client-key.pem"
cert_file = "client-cert.pem"
[profiles.work.user]
subject = %q
`, w.domain.URL(), w.domain.CAFile, w.domain.KeyClient.ID, lines, w.domain.User.Name))
}

// engine is a helper's.
func (w *ward) engine(p *config.Profile) *engine.Engine {
	w.t.Helper()
	e, err := engine.New(engine.World{
		Machine: methods.Machine{
			Now: w.now, Rand: rand.Reader, UserAgent: "credential-idcs/test", Getenv: func(string) string { return "" },
		},
		CacheDir: filepath.Join(w.home, ".cache"), System: w.system,
		Mend: func(*config.Profile, error) string { return "" },
	}, p, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// use logs in where that is needed, and refreshes where it is due: what a helper does.
func (w *ward) use(p *config.Profile, want cache.Query) {
	w.t.Helper()
	if _, err := w.engine(p).Token(context.Background(), want); err != nil {
		w.t.Fatal(err)
	}
}

// The domain may forget the asked expiry at a refresh, and give a year: idcs.md "Expiry at refresh".
func TestRefreshedTokenThatOutlivesTheExpiryIsNamed(t *testing.T) {
	w := newWard(t)
	w.domain = idcstest.Start(t, idcstest.Options{YearAtRefresh: true})
	w.file("client-key.pem", string(w.domain.KeyClient.Key.KeyPEM()))
	w.file("client-cert.pem", string(w.domain.KeyClient.Key.CertPEM()))
	p := w.alone(`expiry = "1h"`)
	w.use(p, cache.Query{})
	lacks(t, w.lookOffline(p), "longer than")
	w.use(p, cache.Query{Force: true})
	has(t, w.lookOffline(p), "warning  profile work: its token lives 365d5h, longer than the 1h00m that expiry asks for; "+
		`refresh_scope = "urn:opc:idm:__myscopes__ urn:opc:resource:expiry=3600 offline_access" asks for it with each refresh, too`)
}

// A min_ttl that is nearly a token's life, or more, can't be had: it counts for less, and doctor says for how much.
func TestAMinTTLThatATokensLifeLeavesNoRoomForIsNamed(t *testing.T) {
	w := newWard(t)
	target := `targets = ["https://r.example.com"]
[profiles.work.target."https://r.example.com"]
min_ttl = `
	const short = "warning  profile work: min_ttl = 50m of https://r.example.com counts as 45m only, three quarters of what its tokens live"
	has(t, w.lookOffline(w.alone(`expiry = "1h"`+"\n"+target+`"50m"`)), short)
	lacks(t, w.lookOffline(w.alone(target+`"50m"`)), "min_ttl") // no life is known yet
	p := w.alone(target + `"45m"`)
	w.use(p, cache.Query{})
	lacks(t, w.lookOffline(p), "min_ttl")
	has(t, w.lookOffline(w.alone(target+`"50m"`)), short)
}

// A token that a server may not take for its size.
func TestLargeTokenIsNamed(t *testing.T) {
	w := newWard(t)
	w.domain = idcstest.Start(t, idcstest.Options{TokenSize: 9000})
	w.file("client-key.pem", string(w.domain.KeyClient.Key.KeyPEM()))
	w.file("client-cert.pem", string(w.domain.KeyClient.Key.CertPEM()))
	p := w.alone("")
	w.use(p, cache.Query{})
	has(t, w.lookOffline(p), "warning  profile work: its token has ", " bytes, and many servers take no header above 8192")
}

// A login without a refresh token ends with its first token, and an administrator can mend that.
func TestLoginWithoutARefreshTokenIsNamed(t *testing.T) {
	w := newWard(t)
	client := w.domain.SecretClient
	client.NoRefresh = true
	if err := w.domain.AddClient(client); err != nil {
		t.Fatal(err)
	}
	w.file("client.secret", client.Secret)
	p := w.configured(fmt.Sprintf(`[profiles.work]
domain = %q
ca_file = %q
client_id = %q
login = "client_credentials"
scope = "urn:opc:idm:__myscopes__"
[profiles.work.client]
secret_file = "client.secret"
`, w.domain.URL(), w.domain.CAFile, client.ID))
	w.use(p, cache.Query{})
	lacks(t, w.lookOffline(p), "no refresh token") // it never has one, and needs none

	p.Login, p.Username = config.Password, w.domain.User.Name
	if _, err := w.engine(p).LoginPassword(context.Background(), secret.New(w.domain.User.Password)); err != nil {
		t.Fatal(err)
	}
	has(t, w.lookOffline(p), "warning  profile work: the login brought no refresh token, so it ends with its first token; tick Allow token refresh\n\tcredential-idcs login work\n")
}

// What proves the client isn't there: the command makes it, where the configuration has it.
func TestMissingProofComesWithTheCommandThatMakesIt(t *testing.T) {
	w := newWard(t)
	p := w.profile("https://git.example.com")
	p.Client.KeyFile.Full = filepath.Join(w.home, "none", "client-key.pem")
	// A new pair would replace the certificate that is there.
	has(t, w.lookOffline(p), "error    profile work: client-key.pem can't be read: "+missing(t, w, "none/client-key.pem")+"; its certificate client-cert.pem is there, so is key_file right?\n\t")
	lacks(t, w.lookOffline(p), "openssl")
	if err := os.Remove(filepath.Join(w.home, "client-cert.pem")); err != nil {
		t.Fatal(err)
	}
	has(t, w.lookOffline(p), "error    profile work: client-key.pem can't be read: "+missing(t, w, "none/client-key.pem")+"; make one ",
		"\topenssl req -x509 -newkey rsa:2048 ", " -keyout "+filepath.Join(w.home, "none", "client-key.pem")+" -out "+filepath.Join(w.home, "client-cert.pem")+"\n")

	p.Client.KeyFile, p.Client.CertFile = config.Path{}, config.Path{}
	p.Client.SecretFile = config.Path{Written: "client.secret", Full: filepath.Join(w.home, "client.secret")}
	make := "\t" + text.StoreHidden(filepath.Join(w.home, "client.secret")) + "\n"
	has(t, w.lookOffline(p), "error    profile work: client.secret can't be read: "+missing(t, w, "client.secret")+"\n"+make)
	w.file("client.secret", "\n")
	has(t, w.lookOffline(p), "error    profile work: client.secret is empty\n"+make)
}

// missing is what the system says of a file that isn't there.
func missing(t *testing.T, w *ward, name string) string {
	t.Helper()
	_, err := os.Open(filepath.Join(w.home, filepath.FromSlash(name)))
	var path *fs.PathError
	if !errors.As(err, &path) {
		t.Fatalf("%s: %v", name, err)
	}
	return path.Err.Error()
}

// A browser login needs a browser, and a port for it to come back to.
func TestBrowserLoginIsTriedUpToTheBrowser(t *testing.T) {
	w := newWard(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	used := "address already in use\n"
	if runtime.GOOS == "windows" {
		used = "" // its own words
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p := w.profile("https://git.example.com")
	p.Login, p.RedirectURL = config.Browser, "http://"+l.Addr().String()+"/callback"
	has(t, w.lookOffline(p), "warning  profile work: the browser can't come back to "+l.Addr().String()+": "+used, "\n\t"+text.WhoListens(port, false)+"\n")
	_ = l.Close()
	need.Unix(t, "a browser is opened by the system")
	has(t, w.lookOffline(p), "warning  profile work: no browser can be opened here: ", "\tcredential-idcs login work --no-browser\n")
	w.program("xdg-open")
	if runtime.GOOS == "linux" {
		has(t, w.lookOffline(p), "warning  profile work: no browser can be opened here: neither DISPLAY nor WAYLAND_DISPLAY is set\n\tcredential-idcs login work --no-browser\n")
	}
	w.env["BROWSER"] = w.program("firefox")
	has(t, w.lookOffline(p), "ok       profile work: a browser can be opened, and come back to "+p.RedirectURL+"\n")
}

// The way to the domain is named, and the proxy's password isn't.
func TestProxyIsNamedWithoutItsPassword(t *testing.T) {
	w := newWard(t)
	p := w.profile("https://git.example.com")
	proxy, err := url.Parse("http://ana:hunter2@127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	w.proxy = func(*url.URL) (*url.URL, error) { return proxy, nil }
	online := func() string { return w.look(func(d *Doctor) { d.Profile(context.Background(), p, false) }) }
	report := online()
	has(t, report, "error    profile work: "+w.domain.URL()+", through the proxy 127.0.0.1:9: ")
	lacks(t, report, "hunter2")
	picky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }))
	defer picky.Close()
	proxy.Host = picky.Listener.Addr().String()
	report = online()
	has(t, report, ": the proxy "+proxy.Host+" needs another user name and password (407)\n\t"+text.Set("HTTPS_PROXY", "http://USER:PASSWORD@HOST:PORT"))
	lacks(t, report, "hunter2")
	w.proxy = func(*url.URL) (*url.URL, error) { return nil, fmt.Errorf("parse ana:hunter2") }
	report = online()
	has(t, report, "error    profile work: the proxy for "+w.domain.URL()+" can't be used: the variable HTTPS_PROXY is no address")
	lacks(t, report, "hunter2")
}

// What is stored and can't be used is told apart from what was never there.
func TestLoginNeededIsAWarningWithItsCommand(t *testing.T) {
	w := newWard(t)
	p := w.alone("")
	w.use(p, cache.Query{})
	has(t, w.lookOffline(p), "ok       profile work: logged in, the token is fresh")
	w.ahead = 2 * time.Hour
	has(t, w.lookOffline(p), "ok       profile work: logged in, the token is expired")
	if report := w.lookOffline(w.profile("https://git.example.com")); !strings.Contains(report, "login needed, nothing is stored yet\n\tcredential-idcs login work\n") {
		t.Errorf("another login's tokens aren't this one's:\n%s", report)
	}
}

// What ended the login is told with the command that begins another: there is nothing to refresh with.
func TestASpentLoginIsNotToldToRefresh(t *testing.T) {
	w := newWard(t)
	w.file("client.secret", w.domain.SecretClient.Secret)
	p := w.configured(fmt.Sprintf(`[profiles.work]
domain = %q
ca_file = %q
client_id = %q
login = "password"
username = %q
scope = "urn:opc:idm:__myscopes__"
[profiles.work.client]
secret_file = "client.secret"
`, w.domain.URL(), w.domain.CAFile, w.domain.SecretClient.ID, w.domain.User.Name))
	if _, err := w.engine(p).LoginPassword(context.Background(), secret.New(w.domain.User.Password)); err != nil {
		t.Fatal(err)
	}
	w.domain.EndLogins()
	if _, err := w.engine(p).Token(context.Background(), cache.Query{Force: true}); err == nil {
		t.Fatal("refreshed a login that has ended")
	}
	said := w.lookOffline(p)
	has(t, said, "the last attempt failed at ", "the refresh token is spent", "\n\tcredential-idcs login work\n")
	lacks(t, said, "credential-idcs refresh")
}
