package servers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokens is a registry's token server behind its guard: whoever comes this far gets what they ask for.
type tokens struct {
	service     string
	key         *ecdsa.PrivateKey
	certificate []byte // of the key, DER; the registry trusts it
}

func newTokens(service string) (*tokens, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: service},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return &tokens{service, key, der}, err
}

// life is how long a registry's token is good.
const life = 5 * time.Minute

func (t *tokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	signed, err := t.sign(r.Header.Get(userHeader), r.Form["scope"]) // passwordForm has parsed it
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, object{
		"token": signed, "access_token": signed, // one of them for each kind of request
		"expires_in": int(life.Seconds()), "issued_at": time.Now().UTC().Format(time.RFC3339),
	})
}

// sign makes a token for scopes, lists of `TYPE:NAME:ACTION,ACTION`.
//
// https://distribution.github.io/distribution/spec/auth/jwt/
func (t *tokens) sign(user string, scopes []string) (string, error) {
	type access struct {
		Type    string   `json:"type"`
		Name    string   `json:"name"`
		Actions []string `json:"actions"`
	}
	granted := []access{}
	for _, scope := range strings.Fields(strings.Join(scopes, " ")) {
		kind, rest, _ := strings.Cut(scope, ":")
		if i := strings.LastIndexByte(rest, ':'); i > 0 {
			granted = append(granted, access{kind, rest[:i], strings.Split(rest[i+1:], ",")})
		}
	}
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": t.service, "aud": t.service, "sub": user, "jti": rand.Text(),
		"nbf": now.Add(-time.Minute).Unix(), "iat": now.Unix(), "exp": now.Add(life).Unix(),
		"access": granted,
	})
	token.Header["x5c"] = []string{base64.StdEncoding.EncodeToString(t.certificate)}
	return token.SignedString(t.key)
}

// passwordForm lets the guard see a password that comes in a form, as BuildKit sends it first.
//
// https://distribution.github.io/distribution/spec/auth/oauth/
func passwordForm(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "no form", http.StatusBadRequest)
			return
		}
		if r.Method == http.MethodPost && r.PostForm.Get("grant_type") == "password" {
			r.SetBasicAuth(r.PostForm.Get("username"), r.PostForm.Get("password"))
		}
		next.ServeHTTP(w, r)
	})
}
