package idcs

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/wire"
)

// jwtOf is an unsigned JWT with that payload: nobody here may care about the signature.
func jwtOf(payload string) string {
	e := base64.RawURLEncoding.EncodeToString
	return e([]byte(`{"alg":"none"}`)) + "." + e([]byte(payload)) + "."
}

// answer is one that was sent at 1e9 by our clock, and written at 1000 by the domain's.
func answer(body string) *reply {
	return &reply{Reply: wire.Reply{
		Status: 200, Header: http.Header{"Date": {time.Unix(1000, 0).UTC().Format(http.TimeFormat)}}, Body: []byte(body),
		Sent: time.Unix(1e9, 0), Got: time.Unix(1e9, 0),
	}, clientID: clientID}
}

// S63.
func TestLife(t *testing.T) {
	hour := jwtOf(`{"iat":1000,"exp":4600}`)
	for _, tt := range []struct {
		expires, token string
		want           int64 // seconds; 0: not usable
	}{
		{`3600`, "opaque", 3600},
		{`60`, "opaque", 60},
		{`27261`, "opaque", 27261},
		{`31556952`, "opaque", 31556952},
		{`31556953`, "opaque", 31556952},
		{`"3600"`, "opaque", 3600},
		{`3600.0`, "opaque", 3600},
		{`36e2`, "opaque", 3600},
		{`1e30`, "opaque", 31556952},
		{`1e999`, "opaque", 31556952},
		{`"99999999999999999999999"`, "opaque", 31556952},
		{`null`, "opaque", 300},
		{`[]`, "opaque", 300},
		{`{"a":1}`, "opaque", 300},
		{`true`, "opaque", 300},
		{`"soon"`, "opaque", 300},
		{`""`, "opaque", 300},
		{`"0x10"`, "opaque", 300},
		{`"NaN"`, "opaque", 300},
		{`"Inf"`, "opaque", 300},
		{`0`, "opaque", 0},
		{`-1`, "opaque", 0},
		{`-1e999`, "opaque", 0},
		{`"0"`, "opaque", 0},
		{`"-1"`, "opaque", 0},
		{`0.9`, "opaque", 0},

		{`null`, hour, 3600},
		{`7200`, hour, 3600},
		{`60`, hour, 60},
		{`0`, hour, 0},
		{`3600`, jwtOf(`{"iat":1000,"exp":1000}`), 0},
		{`3600`, jwtOf(`{"iat":1000,"exp":900}`), 0},
		{`3600`, jwtOf(`{"iat":1000}`), 3600},
		{`3600`, jwtOf(`{"exp":1000}`), 0},
		{`3600`, jwtOf(`{"exp":1060}`), 60},
		{`null`, jwtOf(`{"exp":1060}`), 60},
		{`3600`, jwtOf(`{"exp":-1e999}`), 3600},
		// Handed over now, but made half an hour, an hour, two hours ago.
		{`3600`, jwtOf(`{"iat":-800,"exp":2800}`), 1800},
		{`3600`, jwtOf(`{"iat":-2600,"exp":1000}`), 0},
		{`3600`, jwtOf(`{"iat":-6200,"exp":-2600}`), 0},
		{`3600`, jwtOf(`{"iat":1100,"exp":4700}`), 3600}, // made in the future, it doesn't live longer
		{`null`, jwtOf(`{"iat":1060,"exp":4600}`), 3540}, // by another machine of the domain
		{`null`, jwtOf(`{"iat":1100,"exp":4600}`), 3600}, // nonsense
		{`1800`, jwtOf(`{"iat":4600,"exp":4600}`), 1800},
		{`null`, jwtOf(`{"iat":9000,"exp":4600}`), 3600},
		{`3600`, jwtOf(`{"iat":9000,"exp":1600}`), 600},
		{`null`, jwtOf(`{"iat":4599,"exp":4600}`), 3600},
		{`null`, jwtOf(`{"iat":0,"exp":1e300}`), 31556952},
		{`null`, jwtOf(`{"iat":-1e999,"exp":1e999}`), 300},
		{`null`, jwtOf(`{"iat":[],"exp":{}}`), 300},
		{`null`, jwtOf(`{"exp":4600,"iat":1000,"deep":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`), 3600},
		{`null`, jwtOf(`garbage`), 300},
		{`null`, "a.!.c", 300},
		{`null`, strings.Repeat(".", 100000), 300},
		{`null`, strings.Repeat("x", 1<<19) + ".e30.", 300},
	} {
		a, err := answer(fmt.Sprintf(`{"access_token":%q,"refresh_token":"new","expires_in":%s}`, tt.token, tt.expires)).token(ErrSpent)
		name := tt.expires + ", " + tt.token[:min(len(tt.token), 60)]
		if tt.want == 0 {
			if e := asError(t, err); e.Class != ErrFailure || e.Outcome != Settled || e.Refresh.Reveal() != "new" {
				t.Errorf("%s: got %v, %+v", name, a, e)
			}
			continue
		}
		if err != nil || a.Life != time.Duration(tt.want)*time.Second || !a.SentAt.Equal(time.Unix(1e9, 0)) {
			t.Errorf("%s: got %v, %v, want %d s", name, a.Life, err, tt.want)
		}
	}
	a, err := answer(`{"access_token":"x"}`).token(ErrSpent)
	if err != nil || a.Life != 300*time.Second || !a.Refresh.Empty() {
		t.Errorf("an answer with nothing but a token: %v, %v", a, err)
	}
}

// Without a Date our own clock counts, as far as it is known to be wrong.
func TestLifeByOurClock(t *testing.T) {
	r := answer(`{"access_token":"` + jwtOf(`{"iat":999998200,"exp":1000001800}`) + `","expires_in":3600}`)
	r.Header.Del("Date")
	for skew, want := range map[time.Duration]time.Duration{0: 30 * time.Minute, -10 * time.Minute: 40 * time.Minute, 10 * time.Minute: 20 * time.Minute} {
		r.skew = skew
		if a, err := r.token(ErrSpent); err != nil || a.Life != want {
			t.Errorf("off by %v: got %v, %v, want %v", skew, a.Life, err, want)
		}
	}
	r.skew = time.Hour
	if _, err := r.token(ErrSpent); err == nil {
		t.Error("a dead token is served")
	}
}

// A front whose clock is a day off doesn't make a new token a dead one; nor does it make a dead one new.
func TestADateAgainstTwoClocks(t *testing.T) {
	for _, off := range []time.Duration{23 * time.Hour, 25 * time.Hour, 10 * 365 * 24 * time.Hour} {
		for issued, alive := range map[int64]bool{1e9: true, 1e9 - 60: true, 1e9 - 1800: false, 1e9 + 1800: false} {
			r := answer(fmt.Sprintf(`{"access_token":%q,"refresh_token":"new"}`, jwtOf(fmt.Sprintf(`{"iat":%d,"exp":%d}`, issued, issued+3600))))
			r.Header.Set("Date", r.Sent.Add(off).UTC().Format(http.TimeFormat))
			if a, err := r.token(ErrSpent); alive && (err != nil || a.Life > time.Hour || a.Life < 59*time.Minute) || !alive && err == nil {
				t.Errorf("a Date of +%v, issued at %d: %v, %v", off, issued, a.Life, err)
			}
		}
	}
}

// S44.
func TestWhatIsUsable(t *testing.T) {
	deep := strings.Repeat(`[{"a":`, 50000) + "0" + strings.Repeat("}]", 50000)
	for _, tt := range []struct {
		body    string
		usable  bool
		refresh string
		class   Class // if not usable; ErrFailure by default
	}{
		{`{"access_token":"a","token_type":"bearer","refresh_token":"new"}`, true, "new", ""},
		{`{"access_token":"a","token_type":"BEARER"}`, true, "", ""},
		{`{"access_token":"a","token_type":null,"refresh_token":null}`, true, "", ""},
		{`{"access_token":"a","refresh_token":""}`, true, "", ""},
		{`{"access_token":"a","refresh_token":17}`, true, "", ""},
		{`{"access_token":"a","error":null}`, true, "", ""},
		{`{"access_token":"a","error":"","refresh_token":"new"}`, true, "new", ""},
		{`{"access_token":"a","error":false,"refresh_token":"new"}`, true, "new", ""},
		{`{"access_token":"a","id_token":"i\r","refresh_token":"new"}`, true, "new", ""},
		{`{"access_token":"a","id_token":"i d","refresh_token":"new"}`, true, "new", ""},
		{`{"access_token":"a","token_type":" bearer ","refresh_token":"new"}`, true, "new", ""},
		{"\n {\"access_token\":\"a\"} \r\n", true, "", ""},
		{`{"access_token":"a","id_token":7,"scope":["x"],"refresh_token":"new"}`, true, "new", ""},
		{`{"refresh_token":"new","deep":` + deep + `,"access_token":"a"}`, true, "new", ""},
		{`{"access_token":"a","refresh_token":"first","refresh_token":"new"}`, true, "new", ""},
		{`{"access_token":"a","refresh_token":"new","refresh_token":null}`, true, "new", ""},

		{`{"refresh_token":"new"}`, false, "new", ""},
		{`{"Access_Token":"a","refresh_token":"new"}`, false, "new", ""},
		{`{"access_token":null,"refresh_token":"new"}`, false, "new", ""},
		{`{"access_token":"","refresh_token":"new"}`, false, "new", ""},
		{`{"access_token":5,"refresh_token":"new"}`, false, "new", ""},
		{`{"access_token":{"refresh_token":"inner"},"refresh_token":"new"}`, false, "new", ""},
		{`{"access_token":"a","token_type":"mac","refresh_token":"new"}`, false, "new", ""},
		{`{"access_token":"a","token_type":"","refresh_token":"new"}`, false, "new", ""},
		{`{"access_token":"a","token_type":[],"refresh_token":"new"}`, false, "new", ""},
		{`{"access_token":"a","error":"invalid_grant","refresh_token":"new"}`, false, "new", ""},
		{`{"access_token":"a","error":"e"}`, false, "", ""},
		{`{"access_token":"a","error":17}`, false, "", ""},
		{`{"access_token":"a\nhost=evil","refresh_token":"new"}`, false, "new", ""},
		{`{"access_token":"a\u0000","refresh_token":"new"}`, false, "new", ""},
		{`{"access_token":"a b","refresh_token":"new"}`, false, "new", ""},
		{`{"access_token":"aü","refresh_token":"new"}`, false, "new", ""},
		{"{\"access_token\":\"a\xff\",\"refresh_token\":\"new\"}", false, "new", ""},
		{`{"access_token":"a\u007f","refresh_token":"new"}`, false, "new", ""},
		{`{"tokenResponses":[{"access_token":"a"}]}`, false, "", ""},
		{`{}`, false, "", ""},

		{``, false, "", ErrLater},
		{`null`, false, "", ErrLater},
		{`[]`, false, "", ErrLater},
		{`"x"`, false, "", ErrLater},
		{`<html><title>Sign in</title></html>`, false, "", ErrLater},
		{`{"access_token":"a"`, false, "", ErrLater}, // the successor may have been on its way
		{`{"access_token":"a","refresh_token":"ne`, false, "", ErrLater},
		{`{"access_token":"a","refresh_token":"ne\`, false, "", ErrLater},
		{`{color:red}`, false, "", ErrLater},
		{`{"message":"no",}`, false, "", ErrLater},
		{`<script>config = {"access_token":`, false, "", ErrLater},
		{strings.Repeat("[", 1<<20), false, "", ErrLater},
		{strings.Repeat("{", 1<<20), false, "", ErrLater},
		{strings.Repeat(`{"a":`, 1<<18), false, "", ErrLater},

		// What is broken around the tokens doesn't cost them.
		{`{"access_token":"a","refresh_token":"new"`, true, "new", ""},
		{`{"access_token":"a","expires_in":36`, false, "", ErrLater},
		{`{"refresh_token":"new","access_token":"a","expires_in":36`, true, "new", ""},
		{`{"refresh_token":"new","access_tok`, false, "new", ""},
		{`{"access_token":"a","refresh_token":"new"} {}`, true, "new", ""},
		{`{"access_token":"a","refresh_token":"new"}<html></html>`, true, "new", ""},
		{"{\"access_token\":\"a\",\"refresh_token\":\"new\"}\x00\x00\xff", true, "new", ""},
		{`{"access_token":"a" "refresh_token":"new"}`, true, "new", ""},
		{`{"access_token":"a","refresh_token":"new",}`, true, "new", ""},
		{`{"access_token":"a",,"refresh_token":"new"}`, true, "new", ""},
		{`{"access_token":"a",}`, true, "", ""},
		{"\ufeff" + `{"access_token":"a","refresh_token":"new"}`, true, "new", ""},
		{`[{"access_token":"a","refresh_token":"new"}]`, true, "new", ""},
		{`{}{"access_token":"a","refresh_token":"new"}`, true, "new", ""},
		{")]}',\n" + `{"access_token":"a","refresh_token":"new"}`, true, "new", ""},
		{")]}',\n" + `{"access_token":"a"}`, true, "", ""},
		{`callback({"access_token":"a","refresh_token":"new"});`, true, "new", ""},
		{`{"data":{"access_token":"a","refresh_token":"new"}}`, true, "new", ""},
		{"{\"x\":\"\xff\xfe\",\"access_token\":\"a\",\"refresh_token\":\"new\"}", true, "new", ""},
		{"{\"x\":\"line\nbreak\x01\",\"access_token\":\"a\",\"refresh_token\":\"new\"}", true, "new", ""},
		{`{"x":"\x \ud800 \u12","access_token":"a","refresh_token":"new"}`, true, "new", ""},
		{`{"x":NaN,"y":undefined,"access_token":"a","refresh_token":"new"}`, true, "new", ""},
		{`{"x":"C:\","access_token":"a","refresh_token":"new"}`, true, "new", ""},
		{`{"x":"say "hi"","access_token":"a","refresh_token":"new"}`, true, "new", ""},
		{`{"x":5,"access_token":"a","refresh_token":"\u006eew"}`, true, "new", ""},
	} {
		name := tt.body[:min(len(tt.body), 80)]
		a, err := answer(tt.body).token(ErrSpent)
		if tt.usable {
			if err != nil || a.Access.Reveal() != "a" || a.Refresh.Reveal() != tt.refresh {
				t.Errorf("%s: got %q, %v", name, a.Refresh.Reveal(), err)
			}
			continue
		}
		if tt.class == "" {
			tt.class = ErrFailure
		}
		e := asError(t, err)
		if e.Class != tt.class || e.Refresh.Reveal() != tt.refresh || e.Cause == "" {
			t.Errorf("%s: got %q, refresh %q, cause %q", name, string(e.Class), e.Refresh.Reveal(), e.Cause)
		}
		if want := map[bool]Outcome{true: Settled, false: Doubtful}[tt.class == ErrFailure]; e.Outcome != want {
			t.Errorf("%s: outcome %v, want %v", name, e.Outcome, want)
		}
	}
}

func TestBigTokensAndIDTokens(t *testing.T) {
	big := jwtOf(`{"iat":1000,"exp":4600,"pad":"` + strings.Repeat("x", 96<<10) + `"}`)
	a, err := answer(fmt.Sprintf(`{"access_token":%q,"id_token":%q,"scope":"urn:opc:idm:__myscopes__ offline_access"}`,
		big, jwtOf(`{"iat":1000,"exp":29800,"nonce":"n","aud":["`+clientID+`","https://identity.oraclecloud.com/"]}`))).token(ErrSpent)
	if err != nil || a.Access.Reveal() != big || a.Life != time.Hour || a.IDLife != 8*time.Hour || a.Scope != "urn:opc:idm:__myscopes__ offline_access" {
		t.Errorf("got %v, %v", a, err)
	}
	if !HasNonce(a.ID, secret.New("n")) || HasNonce(a.ID, secret.New("m")) || HasNonce(a.ID, secret.Text{}) || HasNonce(secret.New(jwtOf(`{}`)), secret.Text{}) {
		t.Error("HasNonce")
	}
	// One that is dead already isn't one, nor one for another client.
	for _, payload := range []string{
		`{"iat":1000,"exp":1000,"aud":"` + clientID + `"}`, `{"iat":-2600,"exp":1000,"aud":"` + clientID + `"}`, `{"exp":1000,"aud":"` + clientID + `"}`,
		`{"iat":1000,"exp":4600}`, `{"iat":1000,"exp":4600,"aud":"another"}`, `{"iat":1000,"exp":4600,"aud":["another","` + clientID + `2"]}`, `{"iat":1000,"exp":4600,"aud":{"a":"` + clientID + `"}}`,
	} {
		a, err = answer(`{"access_token":"a","id_token":"` + jwtOf(payload) + `","scope":"x\ny"}`).token(ErrSpent)
		if err != nil || !a.ID.Empty() || a.IDLife != 0 || a.Scope != "" {
			t.Errorf("%s: got %v, %v", payload, a, err)
		}
	}
}

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
