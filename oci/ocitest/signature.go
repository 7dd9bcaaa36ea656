package ocitest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Signed is a request as it came: what a signature is judged against.
type Signed struct {
	Method string
	Target string // the request line's, raw
	Host   string
	Header http.Header // names in any case; the values as they came
	Body   []byte
}

// signed reads what net/http left of the request as it came.
func signed(r *http.Request, body []byte) Signed {
	h := r.Header.Clone()
	if r.ContentLength >= 0 { // net/http takes it out of the headers
		h.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	}
	return Signed{r.Method, r.RequestURI, r.Host, h, body}
}

// authorization is the header in its parts.
type authorization struct {
	headers   []string // in lower case
	keyID     string
	signature []byte
}

// parseAuthorization reads `Signature version="1",headers="…",keyId="…",algorithm="rsa-sha256",
// signature="…"`: five parameters, each once, in any order.
//
// https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm
func parseAuthorization(values []string) (*authorization, error) {
	if len(values) != 1 {
		return nil, fmt.Errorf("%d Authorization headers", len(values))
	}
	rest, ok := strings.CutPrefix(values[0], "Signature ")
	if !ok {
		return nil, errors.New("the Authorization isn't a Signature")
	}
	params := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, quoted, _ := strings.Cut(part, "=")
		value, ok1 := strings.CutPrefix(quoted, `"`)
		value, ok2 := strings.CutSuffix(value, `"`)
		switch {
		case !ok1 || !ok2 || strings.Contains(value, `"`):
			return nil, errors.New("a parameter of the Authorization isn't name=\"value\"")
		case !slices.Contains([]string{"version", "headers", "keyId", "algorithm", "signature"}, name):
			return nil, errors.New("an unknown parameter in the Authorization")
		}
		if _, twice := params[name]; twice {
			return nil, fmt.Errorf("parameter %s of the Authorization comes twice", name)
		}
		params[name] = value
	}
	switch {
	case len(params) != 5:
		return nil, fmt.Errorf("%d of 5 parameters in the Authorization", len(params))
	case params["version"] != "1":
		return nil, errors.New("another version of the signature")
	case params["algorithm"] != "rsa-sha256":
		return nil, errors.New("another algorithm")
	case params["keyId"] == "":
		return nil, errors.New("no keyId")
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(params["signature"])
	if err != nil {
		return nil, errors.New("the signature is no base64")
	}
	return &authorization{strings.Split(strings.ToLower(params["headers"]), " "), params["keyId"], signature}, nil
}

// window is how far a date may be off.
const window = 5 * time.Minute

// check judges everything but whose key it is, and returns the text that was signed. host: whether the
// host must be signed, or (the federation endpoint) must not.
func (a *authorization) check(r Signed, now time.Time, host bool) (text string, err error) {
	want := []string{"(request-target)"}
	if host {
		want = append(want, "host")
	}
	if r.Method == http.MethodPost {
		want = append(want, "content-length", "content-type", "x-content-sha256")
	}
	date := "date"
	if slices.Contains(a.headers, "x-date") {
		date = "x-date"
	}
	want = append(want, date)
	for _, name := range want {
		if !slices.Contains(a.headers, name) {
			return "", fmt.Errorf("%s isn't signed", name)
		}
	}
	if len(a.headers) != len(want) {
		return "", fmt.Errorf("%d headers are signed, and not %d", len(a.headers), len(want))
	}
	lines := make([]string, 0, len(a.headers))
	for _, name := range a.headers {
		value := ""
		switch name {
		case "(request-target)":
			value = strings.ToLower(r.Method) + " " + r.Target
		case "host":
			value = r.Host
		default:
			values := r.Header.Values(name)
			if len(values) != 1 {
				return "", fmt.Errorf("header %s is signed and comes %d times", name, len(values))
			}
			value = values[0]
		}
		lines = append(lines, name+": "+value)
	}
	at, err := time.Parse(http.TimeFormat, r.Header.Get(date))
	if err != nil {
		return "", errors.New("the date can't be read")
	}
	if off := now.Sub(at); off > window || off < -window {
		return "", errClock
	}
	if r.Method == http.MethodPost {
		sum := sha256.Sum256(r.Body)
		switch {
		case r.Header.Get("Content-Length") != strconv.Itoa(len(r.Body)):
			return "", errors.New("Content-Length isn't the body's")
		case r.Header.Get("X-Content-Sha256") != base64.StdEncoding.EncodeToString(sum[:]):
			return "", errors.New("X-Content-Sha256 isn't the body's")
		}
	}
	return strings.Join(lines, "\n"), nil
}

// errClock is a date that is more than 5 minutes off.
var errClock = errors.New("the date is more than 5 minutes off")

// by verifies the signature under a key.
func (a *authorization) by(key *rsa.PublicKey, text string) error {
	if key.N.BitLen() < 2048 {
		return errors.New("a key below 2048 bits")
	}
	sum := sha256.Sum256([]byte(text))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], a.signature) != nil {
		return errors.New("the signature isn't that of this request")
	}
	return nil
}

// A Caller is whom a signature proved.
type Caller struct {
	Subject string
	Kind    string // session, api_key
	Session string // the session token, "" for an API key
}

// Verify judges a signed request to one of Oracle's services: the signature, the date, the body, and
// that the key is a session's or a registered API key's.
func (s *Server) Verify(r Signed) (Caller, error) {
	a, err := parseAuthorization(r.Header.Values("Authorization"))
	if err != nil {
		return Caller{}, err
	}
	text, err := a.check(r, s.Now(), true)
	if err != nil {
		return Caller{}, err
	}
	if token, ok := strings.CutPrefix(a.keyID, "ST$"); ok {
		subject, key, err := s.session(token)
		if err != nil {
			return Caller{}, err
		}
		return Caller{subject, "session", token}, a.by(key, text)
	}
	s.mu.Lock()
	key, ok := s.apiKeys[a.keyID]
	s.mu.Unlock()
	if !ok {
		return Caller{}, errors.New("no such API key")
	}
	user := strings.Split(a.keyID, "/")[1]
	return Caller{user, "api_key", ""}, a.by(key, text)
}
