//go:build linux

package cluster

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
)

// Review makes the API server ask check about tokens that it doesn't know itself, as a webhook token
// authenticator, before Serve. asked is how many it asked about so far.
//
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
func (s *Server) Review(check func(token string) (user string, err error)) (asked func() int) {
	s.t.Helper()
	var mu sync.Mutex
	n := 0
	hook := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review struct {
			Spec struct {
				Token string `json:"token"`
			} `json:"spec"`
		}
		_ = json.NewDecoder(r.Body).Decode(&review) // an empty token is nobody's
		mu.Lock()
		n++
		mu.Unlock()
		status := map[string]any{"authenticated": false}
		if user, err := check(review.Spec.Token); err == nil {
			status = map[string]any{"authenticated": true, "user": map[string]any{"username": user}}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status,
		})
	}))
	hook.Start() // plain http, which is this machine's own
	s.t.Cleanup(hook.Close)
	s.write("review.yaml", `apiVersion: v1
kind: Config
clusters: [{name: review, cluster: {server: "`+hook.URL+`"}}]
users: [{name: api, user: {}}]
contexts: [{name: review, context: {cluster: review, user: api}}]
current-context: review
`)
	s.review = []string{"--authentication-token-webhook-config-file", "review.yaml", "--authentication-token-webhook-version", "v1"}
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}
