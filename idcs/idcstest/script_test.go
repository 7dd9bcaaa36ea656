package idcstest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestScriptedAnswers(t *testing.T) {
	for _, row := range []struct {
		f       Fault
		status  int
		body    string // a part of it
		header  string // "Name: value"
		rotated bool
	}{
		{Fault{Status: 500}, 500, "", "", false},
		{Fault{Status: 503, Body: "<html>", Header: http.Header{"Content-Type": {"text/html"}}}, 503, "<html>", "Content-Type: text/html", false},
		{Fault{Status: 401}, 401, "", "", false},
		{Fault{Status: 429, Header: http.Header{"Retry-After": {"7"}}}, 429, "", "Retry-After: 7", false},
		{Fault{Status: 429}, 429, "", "Retry-After: ", false},
		{Fault{Status: 307, Header: http.Header{"Location": {"https://a.example.com/"}}}, 307, "", "Location: https://a.example.com/", false},
		{Fault{At: AfterRotation, Status: 502}, 502, "", "", true},
		{Fault{Body: "{garbage"}, 200, "{garbage", "", false},
		{Fault{Error: "invalid_client", Status: 401, ECID: "A^b"}, 401, `"ecid":"A^b"`, "", false},
		{Fault{Set: map[string]string{"expires_in": `"3600"`}}, 200, `"expires_in":"3600"`, "", true},
		{Fault{Set: map[string]string{"expires_in": `1e30`}}, 200, `"expires_in":1e30`, "", true},
		{Fault{Set: map[string]string{"expires_in": `[]`}}, 200, `"expires_in":[]`, "", true},
		{Fault{Set: map[string]string{"access_token": `7`}}, 200, `"access_token":7`, "", true},
		{Fault{Set: map[string]string{"refresh_token": `null`}}, 200, `"refresh_token":null`, "", false},
		{Fault{NoDate: true}, 200, "access_token", "Date: ", true},
	} {
		s := Start(t, Options{})
		row.f.On = Refresh
		s.Script(row.f)
		token := s.NewLogin(s.SecretClient.ID, myScopes)
		r := refreshOnce(t, s, token)
		name, value, _ := strings.Cut(row.header, ": ")
		if r.status != row.status || !strings.Contains(r.body, row.body) || name != "" && r.header.Get(name) != value {
			t.Errorf("%+v: %d %.300s %v", row.f, r.status, r.body, r.header)
		}
		if s.Alive(token) == row.rotated {
			t.Errorf("%+v: alive %v", row.f, s.Alive(token))
		}
	}
}

func TestDroppedMembers(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{On: Refresh, Drop: []string{"refresh_token", "expires_in"}})
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	for range 2 { // the token stays good, so it may come again
		r := refreshOnce(t, s, token)
		wantOK(t, r)
		if len(r.members) != 2 {
			t.Error(r.body)
		}
	}
}

func TestAScriptNeverHidesAMistake(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{Status: 503})
	wantError(t, post(t, s, "/oauth2/v1/token", refreshForm("AQIDBAUx=")+"&x=y", withBasic(s)), 400, "invalid_request")
}

func TestNthAndOnwards(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{On: Refresh, Nth: 2, Status: 500}, Fault{On: "token", Nth: 4, Onwards: true, Status: 502})
	var got []int
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	for range 5 {
		r := refreshOnce(t, s, token)
		if got = append(got, r.status); r.status == 200 {
			token = r.text("refresh_token")
		}
	}
	if want := []int{200, 500, 200, 502, 502}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestScriptRefusesWhatNeverFires(t *testing.T) {
	s := Start(t, Options{})
	for _, f := range []Fault{{On: Refresh, At: Headers}, {On: "token", At: Accepted}, {On: "refresh"}, {Set: map[string]string{"a": "{"}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v: taken", f)
				}
			}()
			s.Script(f)
		}()
	}
}

func TestDateOffset(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{DateOffset: -10 * time.Minute})
	r := refreshOnce(t, s, s.NewLogin(s.SecretClient.ID, myScopes))
	if d, err := http.ParseTime(r.header.Get("Date")); err != nil || time.Since(d) < 9*time.Minute {
		t.Errorf("Date %s", r.header.Get("Date"))
	}
}
