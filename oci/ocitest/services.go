package ocitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// services answers Oracle's names: the registry's token path, what lies behind it, and auth.
func (s *Server) services(w http.ResponseWriter, r *http.Request) {
	if !s.serves(r.Host) {
		s.refuse("other", "Host "+r.Host)
		w.WriteHeader(http.StatusMisdirectedRequest)
		return
	}
	auth := strings.HasPrefix(r.Host, "auth.")
	switch {
	case !auth && strings.HasPrefix(r.URL.Path, "/v2/"):
		s.images(w, r) // not kept: layers may be large
		return
	case !auth && r.URL.Path == tokenPath && !strings.HasPrefix(r.Header.Get("Authorization"), "Signature"):
		s.take(w, r, "docker", s.dockerToken)
	case !auth && r.URL.Path == tokenPath:
		s.take(w, r, "registry", s.registryToken)
	case auth && r.URL.Path == "/v1/x509":
		s.take(w, r, "x509", s.federate)
	case auth && r.URL.Path == "/v1/authentication/refresh":
		s.take(w, r, "renew", s.renew)
	default:
		s.take(w, r, "other", func(*http.Request, []byte) reply { return oracleError(404, "NotFound") })
	}
}

func (s *Server) serves(host string) bool {
	for _, h := range s.Hosts() {
		if host == h {
			return true
		}
	}
	return false
}

// take reads a request whole, books it, and lets judge answer it.
func (s *Server) take(w http.ResponseWriter, r *http.Request, name string, judge func(*http.Request, []byte) reply) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, Request{name, r.Method, r.Host, r.RequestURI, r.Header.Clone(), string(body)})
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	s.answer(w, r, name, func() reply {
		if r.Header.Get("Cookie") != "" || r.Header.Get("Referer") != "" {
			return s.deny(name, errors.New("a cookie or a referer"))
		}
		return judge(r, body)
	})
}

// deny writes down why and answers as Oracle does: 401 for everything about the signature.
//
// https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm
func (s *Server) deny(name string, why error) reply {
	s.refuse(name, why.Error())
	return oracleError(http.StatusUnauthorized, "NotAuthenticated")
}

// malformed is a request that isn't what the endpoint takes.
func (s *Server) malformed(name, format string, args ...any) reply {
	s.refuse(name, fmt.Sprintf(format, args...))
	return oracleError(http.StatusBadRequest, "InvalidParameter")
}

func oracleError(status int, code string) reply {
	return jsonReply(status, map[string]string{"code": code, "message": "The required information to complete authentication was not provided or was incorrect."})
}

func jsonReply(status int, v any) reply {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return reply{status, http.Header{"Content-Type": {"application/json"}}, b}
}

// members reads a JSON object strictly: these members, each once and of its type, and nothing behind.
func members(body []byte, names ...string) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("the body is no JSON object")
	}
	m := map[string]json.RawMessage{}
	for dec.More() {
		t, err := dec.Token()
		name, ok := t.(string)
		var v json.RawMessage
		if err != nil || !ok || dec.Decode(&v) != nil {
			return nil, errors.New("the body can't be read")
		}
		if _, twice := m[name]; twice {
			return nil, fmt.Errorf("member %s comes twice", name)
		}
		m[name] = v
	}
	if _, err := dec.Token(); err != nil {
		return nil, errors.New("the body has no end")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("something follows the body")
	}
	for _, name := range names {
		if m[name] == nil {
			return nil, fmt.Errorf("member %s is missing", name)
		}
	}
	if len(m) != len(names) {
		return nil, fmt.Errorf("%d members, and not %d", len(m), len(names))
	}
	return m, nil
}

// isJSON wants the header once, and no parameter but charset=utf-8.
func isJSON(r *http.Request) bool {
	v := r.Header.Values("Content-Type")
	return len(v) == 1 && (v[0] == "application/json" || strings.EqualFold(v[0], "application/json; charset=utf-8"))
}

// notJSONPost is why a request isn't a POST of JSON to a path alone; empty: it is one.
func notJSONPost(r *http.Request) string {
	switch {
	case r.Method != http.MethodPost:
		return "method " + r.Method
	case r.URL.RawQuery != "":
		return "a query"
	case !isJSON(r):
		return "another media type"
	}
	return ""
}
