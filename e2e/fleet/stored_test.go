//go:build linux

package fleet

import (
	"encoding/json"
	"net/http"
)

// A secretObject is what of a Secret the tests look at.
type secretObject struct {
	Metadata struct {
		UID             string            `json:"uid"`
		ResourceVersion string            `json:"resourceVersion"`
		Labels          map[string]string `json:"labels"`
		Annotations     map[string]string `json:"annotations"`
	} `json:"metadata"`
	Type string            `json:"type"`
	Data map[string][]byte `json:"data"`
}

// secret reads a Secret as the administrator.
func (s *stage) secret(ns, name string) secretObject {
	s.t.Helper()
	var o secretObject
	status := s.api.Get(s.t, "/api/v1/namespaces/"+s.space(ns)+"/secrets/"+name, &o)
	if status != http.StatusOK && status != 0 {
		s.t.Fatalf("secret %s/%s: status %d", ns, name, status)
	}
	return o
}

// state is what of state.json the tests look at.
type state struct {
	Access     string `json:"access_token"`
	Refresh    string `json:"refresh_token"`
	Generation int64  `json:"generation"`
	Intent     *struct {
		Holder string `json:"holder"`
		Over   bool   `json:"over"`
	} `json:"intent"`
	Mark *struct {
		Digest string `json:"digest"`
	} `json:"mark"`
}

func (s *stage) state() state {
	s.t.Helper()
	return s.stateOf("ci")
}

func (s *stage) stateOf(profile string) state {
	s.t.Helper()
	var st state
	if b := s.secret(namespace, "credential-idcs-state-"+profile).Data["state.json"]; len(b) > 0 {
		if err := json.Unmarshal(b, &st); err != nil {
			s.t.Fatal(err)
		}
	}
	return st
}
