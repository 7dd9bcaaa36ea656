package idcs

import (
	"encoding/base64"
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
