package oracle

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/oracle/oci-go-sdk/v65/common"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/oci"
)

// A provider gives the SDK's signer a key and its name.
type provider struct {
	key *rsa.PrivateKey
	id  string
}

func (p provider) PrivateRSAKey() (*rsa.PrivateKey, error) { return p.key, nil }
func (p provider) KeyID() (string, error)                  { return p.id, nil }

func session(p provider) oci.Session {
	return oci.Session{KeyID: secret.New(p.id), Key: oci.Key{Key: rsakey.New(p.key)}}
}

// theirs is the Authorization of the SDK's signer for a message.
func theirs(t *testing.T, p provider, m *oci.Message) string {
	t.Helper()
	r, err := http.NewRequest(m.Method, "https://"+m.Host+m.Target, nil)
	if m.Method == http.MethodPost {
		r, err = http.NewRequest(m.Method, "https://"+m.Host+m.Target, bytes.NewReader(m.Body))
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Date", m.Date)
	if m.ContentType != "" {
		r.Header.Set("Content-Type", m.ContentType)
	}
	signer := common.DefaultRequestSigner(p)
	if m.NoHost {
		signer = common.RequestSigner(p, []string{"date", "(request-target)"}, common.DefaultBodyHeaders())
	}
	if err := signer.Sign(r); err != nil {
		t.Fatal(err)
	}
	return r.Header.Get("Authorization")
}

// Oracle's two vectors, read from the SDK's own test. Their date names a Thursday that was a Sunday.
func TestVectors(t *testing.T) {
	v := vectors(t)
	key, err := common.PrivateKeyFromBytes([]byte(v["testPrivateKey"]), common.String(""))
	if err != nil {
		t.Fatal(err)
	}
	p := provider{key, v["testTenancyOCID"] + "/" + v["testUserOCID"] + "/" + v["testFingerprint"]}
	s := session(p)
	for i, c := range []struct {
		signing, signature string
		method, body       string
	}{
		{v["expectedSigningString"], v["expectedSignature"], "GET", ""},
		{v["expectedSigningString2"], v["expectedSignature2"], "POST", v["testBody"]},
	} {
		lines := map[string]string{}
		for line := range strings.SplitSeq(c.signing, "\n") {
			name, value, _ := strings.Cut(line, ": ")
			lines[name] = value
		}
		_, target, _ := strings.Cut(lines["(request-target)"], " ")
		m := &oci.Message{Method: c.method, Host: lines["host"], Target: target, Date: lines["date"], ContentType: lines["content-type"], Body: []byte(c.body)}
		got, err := s.Authorization(m)
		if err != nil {
			t.Fatal(err)
		}
		if want := `,signature="` + c.signature + `"`; !strings.HasSuffix(got.Reveal(), want) {
			t.Errorf("vector %d: got %s, want it to end with %s", i+1, got.Reveal(), want)
		}
	}
}

// vectors are the constants of the SDK's http_signer_test.go, in the module cache.
func vectors(t *testing.T) map[string]string {
	t.Helper()
	file := filepath.Join(sdk(t), "common", "http_signer_test.go")
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if s, ok := text(spec.Values[0]); ok {
				out[spec.Names[0].Name] = s
			}
		}
		return true
	})
	for _, name := range []string{"testPrivateKey", "testTenancyOCID", "expectedSigningString", "expectedSignature2", "testBody"} {
		if out[name] == "" {
			t.Fatalf("the SDK's test has no %s any more", name)
		}
	}
	return out
}

// text is a constant string, perhaps of several added ones.
func text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		x, ok1 := text(e.X)
		y, ok2 := text(e.Y)
		return x + y, ok1 && ok2
	}
	return "", false
}

// 400 requests of all shapes that we send, and then some: the SDK's signer writes the same bytes.
func TestSignerIsTheSDKs(t *testing.T) {
	keys := make([]provider, 4)
	for i := range keys {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = provider{k, "ST$" + strings.Repeat("eyJ", 100*i) + "x"}
	}
	r := mathrand.New(mathrand.NewPCG(65, 130))
	word := func(n int) string {
		b := make([]byte, r.IntN(n)+1)
		for i := range b {
			b[i] = byte(0x20 + r.IntN(0x5f))
		}
		return string(b)
	}
	for range 400 {
		p := keys[r.IntN(len(keys))]
		m := &oci.Message{
			Method: []string{"GET", "POST"}[r.IntN(2)],
			Host:   fmt.Sprintf("h%d.us-ashburn-1.oraclecloud.com", r.IntN(100)),
			Target: "/" + url.PathEscape(word(20)),
			Date:   word(30),
			NoHost: r.IntN(4) == 0,
		}
		m.Date = strings.TrimSpace(m.Date) + "."
		if r.IntN(2) == 0 {
			m.Target += "?" + url.Values{word(8): {word(40)}, word(8): {word(8)}}.Encode()
		}
		if m.Method == "POST" {
			m.ContentType = []string{"application/json", "application/x-www-form-urlencoded;charset=utf-8"}[r.IntN(2)]
			m.Body = []byte(word(3000))
		}
		got, err := session(p).Authorization(m)
		if err != nil {
			t.Fatal(err)
		}
		if want := theirs(t, p, m); got.Reveal() != want {
			t.Fatalf("%+v:\ngot  %s\nwant %s", m, got.Reveal(), want)
		}
	}
}
