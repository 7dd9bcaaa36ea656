package idcs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// S49: Neither a key nor anything that holds one, or a secret, can be printed.
func TestSecretsCannotBePrinted(t *testing.T) {
	k := rsaOnce()
	e := &Error{Class: ErrFailure, Refresh: secret.New("canary-refresh")}
	values := []any{
		rsakey.New(k), testSigner(), Assertion{testSigner()}, UserAssertion{Signer: testSigner()},
		Secret{secret.New("canary-secret")}, refreshGrant(), Password{Password: secret.New("canary-password")},
		AuthorizationCode{Code: secret.New("canary-code"), Verifier: secret.New("canary-verifier")},
		DeviceCode{secret.New("canary-device")}, Device{Code: secret.New("canary-device")},
		Answer{Access: secret.New("canary-access"), Refresh: secret.New("canary-r"), ID: secret.New("canary-id")}, e, *e,
		Client{Proof: Secret{secret.New("canary-secret")}}, Authorization{State: secret.New("canary-state")},
	}
	canaries := []string{"canary-", "AQIDBAU", k.D.String(), k.Primes[0].String(), k.D.Text(16)}
	for _, v := range values {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		if _, isClient := v.(Client); !isClient { // functions have no JSON
			if b, err := json.Marshal(v); err == nil {
				out.Write(b)
			}
		}
		for _, c := range canaries {
			if strings.Contains(out.String(), c) {
				t.Errorf("%T prints %.30s", v, c)
			}
		}
	}
	if got := rsakey.New(k).String(); got != "[RSA private key, 2048 bits]" {
		t.Error(got)
	}
}
