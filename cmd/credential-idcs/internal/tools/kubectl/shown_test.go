package kubectl

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

func TestKubectlPrintsWhatOthersNeed(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	h := tooltest.New(t)
	in := cluster()
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	if err != nil {
		t.Fatal(err)
	}
	allow, auth, ok := strings.Cut(p.Print, "---\n")
	if !ok {
		t.Fatalf("got %s", p.Print)
	}
	check := func(doc string, want map[string]any) {
		t.Helper()
		var got map[string]any
		if err := yaml.UnmarshalStrict([]byte(doc), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	check(allow, map[string]any{
		"apiVersion": "kubectl.config.k8s.io/v1beta1", "kind": "Preference", "credentialPluginPolicy": "Allowlist",
		"credentialPluginAllowlist": []any{map[string]any{"command": h.Path("bin/credential-idcs")}},
	})
	wantAuth := func(issuer map[string]any) map[string]any {
		return map[string]any{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration", "jwt": []any{map[string]any{
			"issuer": issuer, "claimMappings": map[string]any{"username": map[string]any{"claim": "sub", "prefix": "idcs:"}},
		}}}
	}
	const discovery = "https://idcs-1.identity.oraclecloud.com/.well-known/openid-configuration"
	check(auth, wantAuth(map[string]any{"url": "https://identity.oraclecloud.com/", "discoveryURL": discovery, "audiences": []any{"abc"}}))

	in.Stored = tool.Stored{Issuer: "https://own.example.com:8443", Audiences: []string{"https://a.example.com:443", "0123"}}
	if p, err = (Tool{}).Plan(t.Context(), h.Env, in); err != nil {
		t.Fatal(err)
	}
	_, auth, _ = strings.Cut(p.Print, "---\n")
	check(auth, wantAuth(map[string]any{"url": in.Stored.Issuer, "discoveryURL": discovery,
		"audiences": []any{"https://a.example.com:443", "0123"}, "audienceMatchPolicy": "MatchAny"}))
}

// An ID token of IDCS is for its client and for the issuer. All clients' are for the issuer, so an API
// server must not take that one; and before a login the printed audience says that it is a guess.
func TestKubectlPrintsTheAudienceOfOneClient(t *testing.T) {
	for _, c := range []struct {
		stored    tool.Stored
		audiences string
		guess     bool
	}{
		{tool.Stored{}, "[abc]", true},
		{tool.Stored{Issuer: oracleIssuer, Audiences: []string{"https://k8s.example.com"}}, "['https://k8s.example.com']", false},
		{tool.Stored{ID: true}, "[abc]", false},
		{tool.Stored{ID: true, Issuer: oracleIssuer, Audiences: []string{"abc", oracleIssuer}}, "[abc]", false},
		{tool.Stored{ID: true, Issuer: oracleIssuer, Audiences: []string{oracleIssuer}}, "[abc]", false},
	} {
		in := cluster()
		in.Stored = c.stored
		doc := authentication(in)
		if strings.Count(doc, oracleIssuer) != 1 || !strings.Contains(doc, "    audiences: "+c.audiences) ||
			strings.Contains(doc, "MatchAny") || strings.Contains(doc, "placeholder: run this again") != c.guess {
			t.Errorf("%+v:\n%s", c.stored, doc)
		}
	}
}

func TestPortableAndLargeCA(t *testing.T) {
	h := tooltest.New(t)
	large := strings.Repeat("QUJD", 33_000)
	h.Write(".kube/config", strings.Replace(kubeconfigs["kubectl"], "certificate-authority-data: QUJD", "certificate-authority-data: "+large, 1))
	in := cluster()
	in.Targets, in.Portable = tooltest.Targets(t, "https://k8s.example.com:6443"), true
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	e := load(t, h.Read(".kube/config")).AuthInfos["idcs-work"].Exec
	if e.Command != "credential-idcs" || e.ProvideClusterInfo || len(p.Notes) != 1 || !strings.Contains(p.Notes[0].Message, "the CA of context prod is too large") {
		t.Errorf("%+v, %+v", e, p.Notes)
	}
	h.Write(".kube/config", strings.Replace(h.Read(".kube/config"), large, "QUJD", 1))
	p, err = (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if e := load(t, h.Read(".kube/config")).AuthInfos["idcs-work"].Exec; !e.ProvideClusterInfo || len(p.Notes) != 0 {
		t.Errorf("%+v, %+v", e, p.Notes)
	}
}

func caPEM(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
