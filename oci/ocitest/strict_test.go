package ocitest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sign is a signer of the tests' own: names in the order given.
func sign(t *testing.T, key *rsa.PrivateKey, keyID string, r Signed, names ...string) string {
	t.Helper()
	var lines []string
	for _, n := range names {
		v := r.Header.Get(n)
		switch n {
		case "(request-target)":
			v = strings.ToLower(r.Method) + " " + r.Target
		case "host":
			v = r.Host
		}
		lines = append(lines, n+": "+v)
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	raw, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return `Signature version="1",headers="` + strings.Join(names, " ") + `",keyId="` + keyID +
		`",algorithm="rsa-sha256",signature="` + base64.StdEncoding.EncodeToString(raw) + `"`
}

// What differs from a right request in one thing is refused, for that reason.
func TestOneThingWrongIsRefused(t *testing.T) {
	s := Start(t, Options{})
	key, err := pooled("strict")
	if err != nil {
		t.Fatal(err)
	}
	token := s.Issue(User, &key.PublicKey)
	get := func() (Signed, []string) {
		return Signed{Method: "GET", Target: "/20180419/docker/token", Host: "iad.ocir.io",
			Header: http.Header{"Date": {s.Now().UTC().Format(http.TimeFormat)}}}, []string{"date", "(request-target)", "host"}
	}
	post := func() (Signed, []string) {
		r, names := get()
		r.Method, r.Body = "POST", []byte(`{"a":1}`)
		sum := sha256.Sum256(r.Body)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Content-Length", strconv.Itoa(len(r.Body)))
		r.Header.Set("X-Content-Sha256", base64.StdEncoding.EncodeToString(sum[:]))
		return r, append(names, "content-length", "content-type", "x-content-sha256")
	}
	type change struct {
		name  string
		make  func() (Signed, []string)
		early func(*Signed, *[]string) // before it is signed
		late  func(*Signed)            // after
		want  string                   // "": accepted
	}
	replace := func(from, to string) func(*Signed) {
		return func(r *Signed) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
		}
	}
	for _, c := range []change{
		{"right", get, nil, nil, ""},
		{"right POST", post, nil, nil, ""},
		{"x-date, as Oracle's TypeScript client", get, func(r *Signed, n *[]string) {
			r.Header.Set("X-Date", r.Header.Get("Date"))
			r.Header.Del("Date")
			(*n)[0] = "x-date"
		}, nil, ""},
		{"upper case names", get, nil, replace(`headers="date`, `headers="Date`), ""},
		{"path", get, nil, func(r *Signed) { r.Target += "x" }, "the signature isn't that of this request"},
		{"query", get, nil, func(r *Signed) { r.Target += "?a=b" }, "the signature isn't that of this request"},
		{"host", get, nil, func(r *Signed) { r.Host = "fra.ocir.io" }, "the signature isn't that of this request"},
		{"method", get, nil, func(r *Signed) { r.Method = "DELETE" }, "the signature isn't that of this request"},
		{"old", get, func(r *Signed, _ *[]string) {
			r.Header.Set("Date", s.Now().Add(-6*time.Minute).UTC().Format(http.TimeFormat))
		}, nil, errClock.Error()},
		{"from the future", get, func(r *Signed, _ *[]string) {
			r.Header.Set("Date", s.Now().Add(6*time.Minute).UTC().Format(http.TimeFormat))
		}, nil, errClock.Error()},
		{"another date form", get, func(r *Signed, _ *[]string) {
			r.Header.Set("Date", s.Now().UTC().Format(time.RFC3339))
		}, nil, "the date can't be read"},
		{"date twice", get, nil, func(r *Signed) { r.Header.Add("Date", r.Header.Get("Date")) }, "header date is signed and comes 2 times"},
		{"host not signed", get, func(_ *Signed, n *[]string) { *n = (*n)[:2] }, nil, "host isn't signed"},
		{"target not signed", get, func(_ *Signed, n *[]string) { *n = []string{"date", "host"} }, nil, "(request-target) isn't signed"},
		{"one more", get, func(r *Signed, n *[]string) { r.Header.Set("Accept", "x"); *n = append(*n, "accept") }, nil, "4 headers are signed, and not 3"},
		{"body", post, nil, func(r *Signed) { r.Body = []byte(`{"a":2}`) }, "X-Content-Sha256 isn't the body's"},
		{"longer body", post, nil, func(r *Signed) { r.Body = append(r.Body, ' ') }, "Content-Length isn't the body's"},
		{"digest not signed", post, func(_ *Signed, n *[]string) { *n = (*n)[:5] }, nil, "x-content-sha256 isn't signed"},
		{"another key", get, nil, func(r *Signed) {
			r.Header.Set("Authorization", sign(t, s.signing, "ST$"+token, *r, "date", "(request-target)", "host"))
		}, "the signature isn't that of this request"},
		{"no session", get, nil, replace("ST$", "ST$x"), "no session of ours"},
		{"no API key", get, nil, replace("ST$", "a/b/c"), "no such API key"},
		{"version", get, nil, replace(`version="1"`, `version="2"`), "another version of the signature"},
		{"algorithm", get, nil, replace(`rsa-sha256`, `rsa-sha512`), "another algorithm"},
		{"parameter twice", get, nil, replace(`version="1"`, `version="1",version="1"`), "parameter version of the Authorization comes twice"},
		{"unknown parameter", get, nil, replace(`version="1"`, `version="1",realm="x"`), "an unknown parameter in the Authorization"},
		{"no version", get, nil, replace(`version="1",`, ``), "4 of 5 parameters in the Authorization"},
		{"a space behind a comma", get, nil, replace(`version="1",`, `version="1", `), "an unknown parameter in the Authorization"},
		{"no Authorization", get, nil, func(r *Signed) { r.Header.Del("Authorization") }, "0 Authorization headers"},
		{"two of them", get, nil, func(r *Signed) { r.Header.Add("Authorization", "x") }, "2 Authorization headers"},
		{"Basic", get, nil, func(r *Signed) { r.Header.Set("Authorization", "Basic eDp5") }, "the Authorization isn't a Signature"},
		{"base64url", get, nil, func(r *Signed) {
			a, sig, _ := strings.Cut(r.Header.Get("Authorization"), `signature="`)
			r.Header.Set("Authorization", a+`signature="`+strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(sig))
		}, "the signature is no base64"},
	} {
		r, names := c.make()
		if c.early != nil {
			c.early(&r, &names)
		}
		r.Header.Set("Authorization", sign(t, key, "ST$"+token, r, names...))
		if c.late != nil {
			c.late(&r)
		}
		caller, err := s.Verify(r)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && (got != "" || caller.Subject != User) {
			t.Errorf("%s: got %q, %+v, want %q", c.name, got, caller, c.want)
		}
	}
	s.End(token)
	r, names := get()
	r.Header.Set("Authorization", sign(t, key, "ST$"+token, r, names...))
	if _, err := s.Verify(r); err == nil {
		t.Error("a session that was ended is taken")
	}
}

// A token for a cluster is for that cluster, once each parameter, base64url with padding.
func TestClusterTokensAreJudged(t *testing.T) {
	s := Start(t, Options{})
	key, err := pooled("strict")
	if err != nil {
		t.Fatal(err)
	}
	const cluster, host = "ocid1.cluster.oc1.iad.aaaa", "containerengine.us-ashburn-1.oraclecloud.com"
	r := Signed{Method: "GET", Target: "/cluster_request/" + cluster, Host: host,
		Header: http.Header{"Date": {s.Now().UTC().Format(http.TimeFormat)}}}
	a := sign(t, key, "ST$"+s.Issue(User, &key.PublicKey), r, "date", "(request-target)", "host")
	escape := strings.NewReplacer("%", "%25", "+", "%2B", "&", "%26", "=", "%3D", " ", "+", `"`, "%22", "/", "%2F", ":", "%3A", ",", "%2C", "$", "%24").Replace
	right := "https://" + host + r.Target + "?authorization=" + escape(a) + "&date=" + escape(r.Header.Get("Date"))
	encode := func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) }
	if who, err := s.VerifyCluster(encode(right), cluster, "us-ashburn-1"); err != nil || who != User {
		t.Fatalf("the right token: %q, %v", who, err)
	}
	for name, token := range map[string]string{
		"another cluster":  encode(strings.Replace(right, "aaaa", "bbbb", 1)),
		"http":             encode(strings.Replace(right, "https", "http", 1)),
		"another host":     encode(strings.Replace(right, host, "evil.example", 1)),
		"a third":          encode(right + "&x=y"),
		"one twice":        encode(right + "&date=x"),
		"no date":          encode(strings.Split(right, "&")[0]),
		"not base64url":    right,
		"a fragment":       encode(right + "#x"),
		"without a query":  encode(strings.Split(right, "?")[0]),
		"standard base64?": encode(right)[1:],
	} {
		if who, err := s.VerifyCluster(token, cluster, "us-ashburn-1"); err == nil {
			t.Errorf("%s: taken for %q", name, who)
		}
	}
	if _, err := s.VerifyCluster(encode(right), cluster+"x", "us-ashburn-1"); err == nil {
		t.Error("another cluster takes it")
	}
}

// The bodies are judged member by member.
func TestMembersAreJudged(t *testing.T) {
	for body, want := range map[string]string{
		`{"a":1,"b":2}`:       "",
		`{"a":1}`:             "member b is missing",
		`{"a":1,"b":2,"c":3}`: "3 members, and not 2",
		`{"a":1,"b":2,"a":1}`: "member a comes twice",
		`{"a":1,"b":2} {}`:    "something follows the body",
		`[]`:                  "the body is no JSON object",
		`{"a":1,"b":`:         "the body can't be read",
	} {
		_, err := members([]byte(body), "a", "b")
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}
