package engine

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// Each target's credential is stored by itself, and costs what it must: one request for a registry's,
// none for a cluster's, none at all while it lives.
func TestDerivedCredentialsAreCachedByTarget(t *testing.T) {
	b := newOracleBench(t, ocitest.Options{})
	first := b.token(0, cache.Query{})
	if again := b.token(0, cache.Query{}); again.Access != first.Access || b.oracle.Count("registry") != 1 {
		t.Errorf("another token, or %d requests", b.oracle.Count("registry"))
	}
	if other := b.token(2, cache.Query{}); other.Access == first.Access || b.oracle.Count("registry") != 2 {
		t.Errorf("another registry got the same token, or %d requests", b.oracle.Count("registry"))
	}
	cluster := b.token(1, cache.Query{})
	if who, err := b.oracle.VerifyCluster(cluster.Access.Reveal(), okeCluster, "us-ashburn-1"); err != nil || who != ocitest.User {
		t.Errorf("the cluster sees %q, %v", who, err)
	}
	if again := b.token(1, cache.Query{}); again.Access != cluster.Access {
		t.Error("a cluster's token was made anew while it lives")
	}
	if cluster.AccessStamp.Life != 240*time.Second {
		t.Errorf("a cluster's token lives %v", cluster.AccessStamp.Life)
	}
	if n := len(b.oracle.Requests()); n != 2 {
		t.Errorf("%d requests in all", n)
	}
	b.ahead = 5 * time.Minute
	b.oracle.SetSkew(b.ahead)
	next := b.token(1, cache.Query{})
	if _, err := b.oracle.VerifyCluster(next.Access.Reveal(), okeCluster, "us-ashburn-1"); err != nil || next.Access == cluster.Access {
		t.Errorf("after its life: %v", err)
	}
	if next.Refresh.Reveal() != "" {
		t.Error("a refresh token is stored")
	}
}

// A session that ended is a person's to renew, by Oracle's own command; what was derived before is
// served to its end.
func TestEndedSessionIsAPersonsToRenew(t *testing.T) {
	b := newOracleBench(t, ocitest.Options{RegistryTTL: 3 * time.Hour})
	b.token(0, cache.Query{})
	b.ahead = 61 * time.Minute
	b.token(0, cache.Query{}) // lives on
	_, err := b.engine(1).Token(context.Background(), cache.Query{})
	f, ok := errors.AsType[*cache.Failure](err)
	if !ok || f.Class != call.Login {
		t.Fatalf("got %v", err)
	}
	told := call.Explain("work", err)
	if want := "oci session authenticate --profile-name work --region us-ashburn-1"; told.Command != want {
		t.Errorf("command %q, want %q", told.Command, want)
	}
	ended := time.Now().Add(time.Hour)
	if want := "profile work: login needed, the OCI session work of ~/.oci/config ended at "; told.Message != want+ended.Local().Format("15:04") {
		t.Errorf("message %q", told.Message)
	}
	// The person logs in: the next call works, without waiting out a pause.
	b.oracle.SetSkew(b.ahead)
	if err := b.oracle.WriteToken(b.home, b.oracle.Issue(ocitest.User, &b.home.Key.PublicKey)); err != nil {
		t.Fatal(err)
	}
	b.token(1, cache.Query{})
}

// A refused signature is not repeated by every call, but a mended one works at once.
func TestRefusedSignaturePausesUntilFilesChange(t *testing.T) {
	b := newOracleBench(t, ocitest.Options{})
	b.oracle.End(b.home.Session)
	for range 3 {
		_, err := b.engine(0).Token(context.Background(), cache.Query{})
		f, ok := errors.AsType[*cache.Failure](err)
		if !ok || f.Class != call.Configured || f.Text != "iad.ocir.io refused the signature (401 NotAuthenticated)" {
			t.Fatalf("got %v", err)
		}
	}
	if n := b.oracle.Count("registry"); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	if err := b.oracle.WriteToken(b.home, b.oracle.Issue(ocitest.User, &b.home.Key.PublicKey)); err != nil {
		t.Fatal(err)
	}
	b.token(0, cache.Query{})
}

// A wrong clock is corrected once, warned of, and known to the next call; a cluster's token then has the
// right date too.
func TestOraclesClockIsKept(t *testing.T) {
	b := newOracleBench(t, ocitest.Options{SessionTTL: 3 * time.Hour})
	b.oracle.SetSkew(10 * time.Minute)
	e := b.engine(0)
	r, err := e.Token(context.Background(), cache.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Warnings) != 1 || b.oracle.Count("registry") != 2 {
		t.Errorf("warnings %v, %d requests", r.Warnings, b.oracle.Count("registry"))
	}
	if _, err = b.engine(0).Token(context.Background(), cache.Query{Force: true}); err != nil || b.oracle.Count("registry") != 3 {
		t.Errorf("%v, %d requests", err, b.oracle.Count("registry"))
	}
}

// A session is renewed in the second half of its life, by one request, and its successor serves every
// target; ~/.oci stays as it is. Where it can't be renewed it serves to its end.
func TestSessionIsRenewedInItsSecondHalf(t *testing.T) {
	b := newOracleBench(t, ocitest.Options{RegistryTTL: 10 * time.Minute})
	before, err := os.ReadFile(b.home.TokenFile)
	if err != nil {
		t.Fatal(err)
	}
	at := func(d time.Duration) { b.ahead = d; b.oracle.SetSkew(d) }
	at(20 * time.Minute)
	b.token(0, cache.Query{})
	if n := b.oracle.Count("renew"); n != 0 {
		t.Errorf("%d renewals in the first half", n)
	}
	at(40 * time.Minute)
	b.token(0, cache.Query{})
	b.token(2, cache.Query{})
	if n := b.oracle.Count("renew"); n != 1 {
		t.Errorf("%d renewals for two targets, want 1", n)
	}
	at(65 * time.Minute) // the file's token is dead, its successor isn't 30 minutes old
	b.token(0, cache.Query{})
	if n := b.oracle.Count("renew"); n != 1 {
		t.Errorf("%d renewals, want 1", n)
	}
	at(80 * time.Minute)
	b.oracle.Script(ocitest.Fault{On: "renew", Status: 503})
	b.token(0, cache.Query{})
	b.token(2, cache.Query{}) // within the pause nobody asks again
	if n := b.oracle.Count("renew"); n != 2 {
		t.Errorf("%d renewals, want one more, which failed", n)
	}
	after, err := os.ReadFile(b.home.TokenFile)
	if err != nil || string(after) != string(before) {
		t.Errorf("~/.oci was changed: %v", err)
	}
	at(101 * time.Minute) // nothing lives any more
	_, err = b.engine(0).Token(context.Background(), cache.Query{})
	if f, ok := errors.AsType[*cache.Failure](err); !ok || f.Class != call.Login {
		t.Errorf("after its end: %v", err)
	}
}

// An OCI principal gets a token of the domain, without client, secret or refresh token.
func TestPrincipalGetsATokenOfTheDomain(t *testing.T) {
	oracle := ocitest.Start(t, ocitest.Options{})
	domain := idcstest.Start(t, idcstest.Options{Oracle: oracle})
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, append(domain.CA.PEM(), oracle.CA.PEM()...), 0o600); err != nil {
		t.Fatal(err)
	}
	doc := fmt.Sprintf(`[profiles.ci]
login = "oci"
domain = %q
scope = "https://api.example.com/all"
ca_file = %q
targets = ["https://git.example.com"]
[profiles.ci.oci]
principal = "instance"
metadata_url = %q
`, domain.URL(), ca, oracle.MetadataURL())
	b := &oracleBench{t: t, oracle: oracle, dir: dir}
	first := b.of(doc, "ci", 0).mustToken(t, cache.Query{})
	claims, err := domain.Verify(first.Access.Reveal())
	if err != nil || claims.Subject != oracle.Instance.ID || claims.Type != "AT" {
		t.Errorf("the token names %+v, %v", claims, err)
	}
	if again := b.of(doc, "ci", 0).mustToken(t, cache.Query{}); again.Access != first.Access || domain.Posts(idcstest.Exchange) != 1 {
		t.Errorf("another token, or %d exchanges", domain.Posts(idcstest.Exchange))
	}
	domain.Script(idcstest.Fault{On: idcstest.Exchange, At: idcstest.BeforeRotation, Status: 400, Error: "invalid_request", ECID: "A1b2"})
	_, err = b.of(doc, "ci", 0).Token(context.Background(), cache.Query{Force: true})
	f, ok := errors.AsType[*cache.Failure](err)
	if !ok || f.Class != call.Configured || !strings.HasPrefix(f.Text, "the domain refused the signed exchange (400 invalid_request") {
		t.Errorf("got %v", err)
	}
}

// An access token of the domain becomes a session, and that a token of the registry.
func TestExchangedTokenPulls(t *testing.T) {
	oracle := ocitest.Start(t, ocitest.Options{})
	domain := idcstest.Start(t, idcstest.Options{Oracle: oracle})
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, append(domain.CA.PEM(), oracle.CA.PEM()...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "client.secret"), []byte(domain.SecretClient.Secret), 0o600); err != nil {
		t.Fatal(err)
	}
	doc := fmt.Sprintf(`[profiles.ci]
login = "client_credentials"
client_id = %q
domain = %q
scope = "https://api.example.com/all"
ca_file = %q
targets = ["https://iad.ocir.io", "https://git.example.com"]
client = { secret_file = "client.secret" }
[profiles.ci.oci]
principal = "exchange"
region = "us-ashburn-1"
`, domain.SecretClient.ID, domain.URL(), ca)
	b := &oracleBench{t: t, oracle: oracle, dir: dir}
	b.of(doc, "ci", 0).mustToken(t, cache.Query{})
	own := b.of(doc, "ci", 1).mustToken(t, cache.Query{})
	if _, err := domain.Verify(own.Access.Reveal()); err != nil {
		t.Errorf("the profile's own token: %v", err)
	}
	if c, x := domain.Posts(idcstest.ClientCredentials), domain.Posts(idcstest.Exchange); c != 1 || x != 1 || oracle.Count("registry") != 1 {
		t.Errorf("%d tokens of the domain, %d exchanges, %d of the registry; want one each", c, x, oracle.Count("registry"))
	}
}

// Somebody else's session in the same profile gets nothing that was derived for the one before.
func TestAnotherSessionFindsNothingStored(t *testing.T) {
	b := newOracleBench(t, ocitest.Options{})
	first := b.token(0, cache.Query{})
	replaced := []byte("[work]\nregion=iad\ntenancy=" + b.oracle.Tenancy + "\nfingerprint=aa\nkey_file=" + b.home.KeyFile + "\nsecurity_token_file=" + b.home.TokenFile + "\n")
	if err := os.WriteFile(b.home.ConfigFile, replaced, 0o600); err != nil {
		t.Fatal(err)
	}
	if again := b.token(0, cache.Query{}); again.Access == first.Access {
		t.Error("another fingerprint got the token of before")
	}
}

// Somebody behind a proxy that is dead or unsupported doesn't hold up the others' registry.
func TestADeadProxyIsNobodyElsesRegistry(t *testing.T) {
	for _, tt := range []struct{ proxy, class, want string }{
		{"http://127.0.0.1:1", call.Later, "connection refused"},
		{"gopher://127.0.0.1:1", call.Configured, "isn't supported"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			b := newOracleBench(t, ocitest.Options{})
			dead, err := url.Parse(tt.proxy)
			if err != nil {
				t.Fatal(err)
			}
			e := b.engine(0)
			e.world.Proxy = func(*url.URL) (*url.URL, error) { return dead, nil }
			_, err = e.Token(context.Background(), cache.Query{})
			if f, ok := errors.AsType[*cache.Failure](err); !ok || f.Class != tt.class || !strings.Contains(f.Text, tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			b.engine(0).mustToken(t, cache.Query{})
		})
	}
}
