package idcs

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

func TestErrorsAreJudgedByCodeThenStatus(t *testing.T) {
	oauth := func(code string) string {
		return `{"error":"` + code + `","error_description":"The token has already been consumed.","ecid":"A1b2^c3"}`
	}
	for _, tt := range []struct {
		status  int
		body    string
		grant   Grant
		class   Class
		outcome Outcome
	}{
		{400, oauth("invalid_grant"), RefreshToken{}, ErrSpent, Settled},
		{401, oauth("invalid_grant"), RefreshToken{}, ErrSpent, Settled},
		{408, oauth("invalid_grant"), RefreshToken{}, ErrSpent, Settled},
		{429, oauth("invalid_grant"), RefreshToken{}, ErrSpent, Settled},
		{400, oauth("invalid_grant"), AuthorizationCode{}, ErrLoginFailed, Settled},
		{400, oauth("invalid_grant"), DeviceCode{}, ErrLoginFailed, Settled},
		{400, oauth("invalid_grant"), Password{}, ErrLoginFailed, Settled},
		{400, oauth("invalid_grant"), UserAssertion{}, ErrConfiguration, Settled},
		{400, oauth("invalid_grant"), ClientCredentials{}, ErrConfiguration, Settled},
		{500, oauth("invalid_grant"), RefreshToken{}, ErrLater, Doubtful},
		{400, oauth("INVALID_GRANT"), RefreshToken{}, ErrSpent, Settled},
		{400, oauth("Invalid_Client"), RefreshToken{}, ErrConfiguration, Settled},
		{200, oauth("invalid_grant"), RefreshToken{}, ErrFailure, Settled},
		{307, oauth("invalid_grant"), RefreshToken{}, ErrConfiguration, Settled},

		{400, oauth("invalid_client"), RefreshToken{}, ErrConfiguration, Settled},
		{401, oauth("invalid_client"), RefreshToken{}, ErrConfiguration, Settled},
		{400, oauth("unauthorized_client"), RefreshToken{}, ErrConfiguration, Settled},
		{400, oauth("invalid_scope"), RefreshToken{}, ErrConfiguration, Settled},
		{400, oauth("invalid_request"), RefreshToken{}, ErrConfiguration, Settled},
		{400, oauth("unsupported_grant_type"), RefreshToken{}, ErrConfiguration, Settled},
		{400, oauth("invalid_redirect_uri"), AuthorizationCode{}, ErrConfiguration, Settled},
		{401, ``, RefreshToken{}, ErrConfiguration, Settled},
		{403, `<html>Forbidden</html>`, RefreshToken{}, ErrConfiguration, Settled},
		{403, `{"error":17}`, RefreshToken{}, ErrConfiguration, Settled},

		{400, oauth("authorization_pending"), DeviceCode{}, ErrFailure, Settled},
		{401, oauth("slow_down"), DeviceCode{}, ErrFailure, Settled},
		{400, oauth("something_new"), RefreshToken{}, ErrFailure, Settled},

		{429, ``, RefreshToken{}, ErrLater, Settled},
		{429, oauth("too_many"), RefreshToken{}, ErrLater, Settled},
		{503, `<html>`, RefreshToken{}, ErrLater, Settled},
		{503, oauth("invalid_client"), RefreshToken{}, ErrLater, Settled},
		{500, oauth("server_error"), RefreshToken{}, ErrLater, Doubtful},
		{502, ``, RefreshToken{}, ErrLater, Doubtful},
		{504, ``, RefreshToken{}, ErrLater, Doubtful},
		{599, ``, RefreshToken{}, ErrLater, Doubtful},
		{408, ``, RefreshToken{}, ErrLater, Doubtful},
		{400, ``, RefreshToken{}, ErrLater, Doubtful},
		{400, `{"message":"no"}`, RefreshToken{}, ErrLater, Doubtful},
		{400, `{"error":""}`, RefreshToken{}, ErrLater, Doubtful},
		{404, `<html>`, RefreshToken{}, ErrLater, Doubtful},
		{101, ``, RefreshToken{}, ErrLater, Doubtful},
		{600, ``, RefreshToken{}, ErrLater, Doubtful},
	} {
		r := answer(tt.body)
		r.Status = tt.status
		r.Header.Set("Retry-After", "7")
		_, err := r.token(tt.grant.refused())
		e := asError(t, err)
		if !errors.Is(err, tt.class) || e.Class != tt.class || e.Outcome != tt.outcome {
			t.Errorf("%d %s to %T: got %q, %v, want %q, %v", tt.status, tt.body, tt.grant, string(e.Class), e.Outcome, string(tt.class), tt.outcome)
		}
		if errors.Is(err, ErrNotSent) {
			t.Errorf("%d %s: not sent", tt.status, tt.body)
		}
		if (e.RetryAfter != 0) != (tt.class == ErrLater) {
			t.Errorf("%d %s: RetryAfter %v", tt.status, tt.body, e.RetryAfter)
		}
	}
}

// S50.
func TestErrorText(t *testing.T) {
	r := answer(`{"error":"invalid_grant","error_description":"The token has already been consumed.","ecid":"A1b2c3d4e^0000000"}`)
	r.Status = 400
	_, err := r.token(ErrSpent)
	want := "the refresh token is spent (400 invalid_grant, The token has already been consumed., ecid A1b2c3d4e^0000000)"
	if got := err.Error(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (&Error{Class: ErrInDoubt}).Error(); got != "the request was sent, but no whole answer came" {
		t.Errorf("got %q", got)
	}
}

// Foreign text is one clean line of 200 bytes, and never holds a secret of the request or answer.
func TestForeignTextIsCleanAndHoldsNoSecret(t *testing.T) {
	token := "AQIDBAUabcdefghijklmnopqrstuvwxyz0123456789="
	for _, tt := range []struct{ said, want string }{
		{"plain", "plain"},
		{"a\x1b[31mb\nc\u0085d\u202ee\u2028f", "a?[31mb?c?d?e?f"},
		{strings.Repeat("x", 1<<20), strings.Repeat("x", 200)},
		{"bad token " + token, ""},
		{"bad token AQIDBAUabcdefghij...", ""},
		{"bad token AQIDBAUabcdefghijklmnopqrstuvwxyz0123456789%3D", ""},
		{"short AQIDBAUabcde only", "short AQIDBAUabcde only"},
		{"password hunter2!", ""},
		{"password hunter2%21", ""},
		{"basic " + base64.StdEncoding.EncodeToString([]byte(clientID+":client-secret-of-32-letters")), ""},
		{"secret client-secret-of-32-letters", ""},
		{"client " + clientID, "client " + clientID},
		{"new AQIDBAUnew-refresh-token=", ""},
		{"access eyJhbGciOiJub25lIn0.e30.", ""},
	} {
		r := answer("")
		form := map[string][]string{"refresh_token": {token}, "password": {"hunter2!"}, "client_id": {clientID}}
		h := http.Header{}
		if err := (Secret{secret.New("client-secret-of-32-letters")}).prove(t.Context(), newClient("https://a"), form, h); err != nil {
			t.Fatal(err)
		}
		r.secrets = secretsOf(form, h)
		said := strings.NewReplacer("\n", `\n`, "\x1b", `\u001b`).Replace(tt.said)
		r.Body = []byte(`{"error":"` + said + `","error_description":"` + said + `","ecid":"` + said + `",
			"access_token":"eyJhbGciOiJub25lIn0.e30.","refresh_token":"AQIDBAUnew-refresh-token="}`)
		_, err := r.token(ErrSpent)
		e := asError(t, err)
		for name, got := range map[string]string{"code": e.Code, "description": e.Description, "ecid": e.ECID} {
			if got != tt.want {
				t.Errorf("%s: got %q, want %q", name, got, tt.want)
			}
		}
		if e.Refresh.Reveal() != "AQIDBAUnew-refresh-token=" {
			t.Errorf("the successor is lost: %v", e.Refresh)
		}
	}
}
