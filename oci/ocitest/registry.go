package ocitest

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// tokenPath is where OCIR gives tokens: to a signed request, and, as every registry, to a client that
// was sent there by a challenge.
//
// https://docs.oracle.com/en-us/iaas/api/#/en/registry/20180419/AccessToken
const tokenPath = "/20180419/docker/token"

// registryToken answers a signed GET with a token that serves as the password of BEARER_TOKEN.
func (s *Server) registryToken(r *http.Request, body []byte) reply {
	const name = "registry"
	switch {
	case r.Method != http.MethodGet:
		return s.malformed(name, "method %s", r.Method)
	case r.URL.RawQuery != "":
		return s.malformed(name, "a query")
	case len(body) > 0:
		return s.malformed(name, "a body")
	}
	caller, err := s.Verify(signed(r, body))
	if err != nil {
		return s.deny(name, err)
	}
	token := randomHex(40)
	if !s.opts.Opaque {
		token, err = s.registryJWT(caller.Subject)
		if err != nil {
			return s.deny(name, err)
		}
	}
	s.mu.Lock()
	s.registry[token] = caller.Subject
	s.mu.Unlock()
	s.remember(token)
	m := map[string]any{"token": token, "access_token": token, "scope": "", "expires_in": int(s.opts.RegistryTTL.Seconds())}
	if s.opts.NoExpiresIn {
		delete(m, "expires_in")
	}
	return jsonReply(http.StatusOK, m)
}

func (s *Server) registryJWT(subject string) (string, error) {
	now := s.Now()
	return jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"sub": subject, "iat": now.Unix(), "exp": now.Add(s.opts.RegistryTTL).Unix(), "jti": randomHex(8), "use": "registry",
	}).SignedString(s.signing)
}

// Refuse makes the registry say no to a token that it gave.
func (s *Server) Refuse(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused[token] = true
}

// holder is whose registry token that is.
func (s *Server) holder(token string) (string, error) {
	s.mu.Lock()
	who, ok := s.registry[token]
	refused := s.refused[token]
	s.mu.Unlock()
	if !ok || refused {
		return "", errors.New("no token of the registry")
	}
	if !s.opts.Opaque {
		claims, err := s.claims(token)
		if err != nil || claims["use"] != "registry" {
			return "", errors.New("the registry's token has expired")
		}
	}
	return who, nil
}

// dockerToken is the second half of a client's login: BEARER_TOKEN and the token as a password, for a
// service and any number of scopes.
func (s *Server) dockerToken(r *http.Request, body []byte) reply {
	const name = "docker"
	user, password, ok := r.BasicAuth()
	switch {
	case r.Method != http.MethodGet:
		return s.malformed(name, "method %s", r.Method)
	case !ok:
		return s.deny(name, errors.New("no Basic pair"))
	case user != "BEARER_TOKEN":
		return s.deny(name, errors.New("another user name than BEARER_TOKEN"))
	}
	who, err := s.holder(password)
	if err != nil {
		return s.deny(name, err)
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || q.Get("service") != r.Host {
		return s.malformed(name, "another service")
	}
	token, err := s.registryJWT(who)
	if err != nil {
		return s.deny(name, err)
	}
	s.mu.Lock()
	s.registry[token] = who
	s.mu.Unlock()
	s.remember(token)
	return jsonReply(http.StatusOK, map[string]any{"token": token, "expires_in": 300})
}

// images guards the registry by the challenge that OCIR sends.
func (s *Server) images(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if ok {
		if _, err := s.holder(token); err != nil {
			ok = false
			s.refuse("v2", err.Error())
		}
	}
	s.mu.Lock()
	s.requests = append(s.requests, Request{Name: "v2", Method: r.Method, Host: r.Host, Target: r.RequestURI, Header: r.Header.Clone()})
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	if !ok {
		w.Header().Set("Www-Authenticate", `Bearer realm="https://`+r.Host+tokenPath+`",service="`+r.Host+`",scope=""`)
		oracleError(http.StatusUnauthorized, "UNAUTHORIZED").write(w, s)
		return
	}
	if s.opts.Registry == nil {
		jsonReply(http.StatusOK, map[string]any{}).write(w, s)
		return
	}
	s.opts.Registry.ServeHTTP(w, r)
}
