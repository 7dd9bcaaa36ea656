package oracle

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/oci"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// clusterToken is an OKE token made with the SDK's signer.
func clusterToken(t *testing.T, p provider, cluster string) string {
	t.Helper()
	const host = "containerengine.us-ashburn-1.oraclecloud.com"
	m := &oci.Message{Method: http.MethodGet, Host: host, Target: "/cluster_request/" + cluster, Date: time.Now().UTC().Format(http.TimeFormat)}
	query := url.Values{"authorization": {theirs(t, p, m)}, "date": {m.Date}}
	return base64.URLEncoding.EncodeToString([]byte("https://" + host + m.Target + "?" + query.Encode()))
}

func machine(t *testing.T) *oci.Machine {
	t.Helper()
	proxy, err := url.Parse(server.ProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	return &oci.Machine{
		Read:   func(file string, _ oci.FileKind) ([]byte, error) { return os.ReadFile(file) },
		Getenv: os.Getenv, Now: time.Now, Rand: rand.Reader, UserAgent: "credential-idcs/test",
		Roots: server.CA.Pool(), Proxy: func(*url.URL) (*url.URL, error) { return proxy, nil },
	}
}

// resigned signs a request that arrived with the SDK's signer, and compares.
func resigned(t *testing.T, r ocitest.Request, key *rsa.PrivateKey) {
	t.Helper()
	got := r.Header.Get("Authorization")
	_, id, _ := strings.Cut(got, `keyId="`)
	id, _, _ = strings.Cut(id, `"`)
	m := &oci.Message{
		Method: r.Method, Host: r.Host, Target: r.Target, Date: r.Header.Get("Date"),
		ContentType: r.Header.Get("Content-Type"), Body: []byte(r.Body), NoHost: r.Name == "x509",
	}
	if want := theirs(t, provider{key, id}, m); got != want {
		t.Errorf("%s:\ngot  %s\nwant %s", r.Name, got, want)
	}
}

// Each request that we sign is, from the wire, what the SDK signs for the same line, headers and body.
func TestOurRequestsAreTheSDKs(t *testing.T) {
	m := machine(t)
	h, err := server.WriteSession(t.TempDir(), "ours")
	if err != nil {
		t.Fatal(err)
	}
	file := oci.SessionFile{File: h.ConfigFile, Profile: "ours"}
	f, err := file.Read(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Registry(context.Background(), f.Session, "iad.ocir.io"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Renew(context.Background(), f); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(server.Instance.KeyPEM())
	instance, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	var s oci.Session
	for range 5 { // it has 2 s, which may be too few on a machine with much else to do
		if s, err = (oci.Instance{Metadata: server.MetadataURL()}).Session(context.Background(), m); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Registry(context.Background(), s, "iad.ocir.io"); err != nil {
		t.Fatal(err)
	}
	last := map[string][]ocitest.Request{}
	for _, r := range server.Requests() {
		if r.Header.Get("User-Agent") == m.UserAgent {
			last[r.Name] = append(last[r.Name], r)
		}
	}
	if len(last["registry"]) != 2 || len(last["renew"]) != 1 || len(last["x509"]) != 1 {
		t.Fatalf("requests: %d registry, %d renew, %d x509", len(last["registry"]), len(last["renew"]), len(last["x509"]))
	}
	resigned(t, last["registry"][0], h.Key)
	resigned(t, last["renew"][0], h.Key)
	resigned(t, last["x509"][0], instance)
	resigned(t, last["registry"][1], s.Key.Private())
}
