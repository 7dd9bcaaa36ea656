package idcstest

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// refreshOnce presents a refresh token by the default client.
func refreshOnce(t *testing.T, s *Server, token string) reply {
	t.Helper()
	return post(t, s, "/oauth2/v1/token", refreshForm(token), withBasic(s))
}

func TestRotationModes(t *testing.T) {
	for _, row := range []struct {
		o             Options
		reuse         bool // the old token works again at once
		later         bool // and in two minutes
		successorDies bool // by the reuse in two minutes
	}{
		{Options{Rotation: Strict}, false, false, false},
		{Options{Rotation: StrictRevoke}, false, false, true},
		{Options{Rotation: Grace, Grace: time.Minute}, true, false, false},
		{Options{Rotation: Plain}, true, true, false},
	} {
		s := open(t, row.o)
		old := s.NewLogin(s.SecretClient.ID, myScopes)
		next := refreshOnce(t, s, old).text("refresh_token")
		for _, works := range []bool{row.reuse, row.later} {
			if s.Alive(old) != works {
				t.Errorf("%+v: alive says %v", row.o, !works)
			}
			r := refreshOnce(t, s, old)
			if works {
				wantOK(t, r)
			} else {
				wantError(t, r, 400, "invalid_grant")
				if r.text("error_description") != "The token has already been consumed." {
					t.Error(r.body)
				}
			}
			s.SetSkew(2 * time.Minute)
		}
		if s.Alive(next) == row.successorDies {
			t.Errorf("%+v: successor alive: %v", row.o, s.Alive(next))
		}
		if got := s.Broken(); len(got) < 2 || !strings.HasPrefix(got[0], "I1 broken") {
			t.Errorf("%+v: a reuse broke %q", row.o, got)
		}
	}
}

func TestRefreshTokensEnd(t *testing.T) {
	s := open(t, Options{RefreshTTL: time.Hour})
	c := s.SecretClient
	expired, ended, secret := s.NewLogin(c.ID, myScopes), s.NewLogin(c.ID, myScopes), s.NewLogin(c.ID, myScopes)
	s.EndLogin(ended)
	wantError(t, refreshOnce(t, s, ended), 400, "invalid_grant")
	s.SetSkew(30 * time.Minute)
	slid := refreshOnce(t, s, expired).text("refresh_token")
	s.SetSkew(80 * time.Minute)
	wantOK(t, refreshOnce(t, s, slid)) // the full time again
	changed := c
	changed.Secret = "another"
	s.SetSkew(0)
	if err := s.AddClient(changed); err != nil {
		t.Fatal(err)
	}
	if s.Alive(secret) {
		t.Error("a new client secret let a refresh token live")
	}
	if err := s.AddClient(c); err != nil {
		t.Fatal(err)
	}
	s.SetSkew(70 * time.Minute)
	wantError(t, refreshOnce(t, s, secret), 400, "invalid_grant")
	wantBroken(t, s)
}

func TestNoRefreshTokenWithoutBothSwitches(t *testing.T) {
	s := Start(t, Options{})
	r := post(t, s, "/oauth2/v1/token", passwordForm(s, "urn:opc:idm:__myscopes__"), withBasic(s))
	wantOK(t, r)
	if r.members["refresh_token"] != nil {
		t.Error("without offline_access")
	}
	off := s.SecretClient
	off.NoRefresh = true
	if err := s.AddClient(off); err != nil {
		t.Fatal(err)
	}
	r = post(t, s, "/oauth2/v1/token", passwordForm(s, myScopes), withBasic(s))
	wantOK(t, r)
	if r.members["refresh_token"] != nil {
		t.Error("with the switch off")
	}
}

func TestLives(t *testing.T) {
	const custom = myScopes + " urn:opc:resource:expiry=300"
	for _, row := range []struct {
		o                   Options
		login, refreshScope string
		first, then         float64
	}{
		{Options{}, myScopes, "", 3600, 3600},
		{Options{}, custom, "", 300, 300},
		{Options{YearAtRefresh: true}, custom, "", 300, 31556952},
		{Options{YearAtRefresh: true}, custom, custom, 300, 300},
		{Options{YearAtRefresh: true}, myScopes, "", 3600, 3600},
		{Options{AccessTTL: 60 * time.Second}, custom, "", 60, 60},
		{Options{AccessTTL: time.Second}, myScopes, "", 1, 1},
		{Options{AccessTTL: 27261 * time.Second}, myScopes, "", 27261, 27261},
		{Options{AccessTTL: 9 * time.Hour}, myScopes, "", 28800, 32400},
		{Options{TTLs: map[string]time.Duration{"urn:opc:idm:__myscopes__": 8 * time.Second}}, myScopes, "", 8, 8},
		{Options{TTLs: map[string]time.Duration{"https://api.example.com/all": 8 * time.Second}}, myScopes, "", 3600, 3600},
	} {
		s := Start(t, row.o)
		r := post(t, s, "/oauth2/v1/token", passwordForm(s, row.login), withBasic(s))
		body := refreshForm(r.text("refresh_token"))
		if row.refreshScope != "" {
			body += "&" + form("scope", row.refreshScope)
		}
		then := post(t, s, "/oauth2/v1/token", body, withBasic(s))
		if r.members["expires_in"] != row.first || then.members["expires_in"] != row.then {
			t.Errorf("%+v: lives %v, %v", row, r.members["expires_in"], then.members["expires_in"])
		}
		if c, err := s.Verify(then.text("access_token")); err != nil || c.Expires.Sub(c.Issued).Seconds() != row.then {
			t.Errorf("%+v: %+v %v", row, c, err)
		}
	}
}

func TestTokensHaveTheChosenSize(t *testing.T) {
	for _, size := range []int{2048, 4608, 32 << 10, 128000} {
		s := Start(t, Options{TokenSize: size, IDTokenSize: size, AudienceArray: true})
		r := post(t, s, "/oauth2/v1/token", passwordForm(s, myScopes+" openid"), withBasic(s))
		for _, name := range []string{"access_token", "id_token"} {
			if got := len(r.text(name)); got < size-8 || got > size+8 {
				t.Errorf("%s of %d bytes, want %d", name, got, size)
			}
		}
		if _, err := s.Verify(r.text("access_token")); err != nil {
			t.Error(err)
		}
	}
}

func TestVerifySaysNo(t *testing.T) {
	s, other := Start(t, Options{}), Start(t, Options{})
	token := func(s *Server) string {
		return post(t, s, "/oauth2/v1/token", passwordForm(s, myScopes), withBasic(s)).text("access_token")
	}
	mine, refused := token(s), token(s)
	s.Refuse(refused)
	for name, bad := range map[string]string{
		"refused":        refused,
		"other domain's": token(other),
		"cut":            mine[:len(mine)-4],
		"none":           "",
	} {
		if _, err := s.Verify(bad); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Verify(mine); err != nil {
		t.Error(err)
	}
	s.SetSkew(time.Hour)
	if _, err := s.Verify(mine); err == nil {
		t.Error("expired, and verified")
	}
}

func TestSecretsNeverReachTheJournal(t *testing.T) {
	s := open(t, Options{})
	r := post(t, s, "/oauth2/v1/token", passwordForm(s, myScopes+" openid"), withBasic(s))
	refreshOnce(t, s, r.text("refresh_token"))
	refreshOnce(t, s, r.text("refresh_token"))
	_, q := back(t, s, authorizeURL(s, s.PublicClient))
	post(t, s, "/oauth2/v1/token", codeForm(s.PublicClient, q.Get("code")))
	post(t, s, "/oauth2/v1/token", form("grant_type", "password", "username", "x", "password", s.User.Password, "scope", "a"), func(r *http.Request) {
		r.Header.Set("Authorization", "Basic "+s.SecretClient.Secret)
	})
	text := s.JournalText() + strings.Join(s.Broken(), "\n")
	secrets := s.Secrets()
	if len(secrets) < 8 {
		t.Fatalf("only %d secrets", len(secrets))
	}
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("the journal holds %s", Digest(secret))
		}
	}
}
