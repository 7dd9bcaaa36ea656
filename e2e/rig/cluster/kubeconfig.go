//go:build linux

package cluster

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"
)

// Nobody is an authentication configuration without an issuer: whoever comes has a service account's
// token, or is the administrator.
const Nobody = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"

// Kubeconfig writes a kubeconfig for whoever has the token; empty: the administrator. server, if not
// empty, is an address that leads to the API server.
func (s *Server) Kubeconfig(t testing.TB, token, server string) string {
	t.Helper()
	if token == "" {
		token = s.admin
	}
	if server == "" {
		server = s.URL
	}
	out, err := yaml.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": "test",
		"clusters": []any{map[string]any{"name": "test", "cluster": map[string]any{
			"server": server, "certificate-authority-data": s.ca.PEM(),
		}}},
		"users":    []any{map[string]any{"name": "test", "user": map[string]any{"token": token}}},
		"contexts": []any{map[string]any{"name": "test", "context": map[string]any{"cluster": "test", "user": "test"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Get reads an object as the administrator into v and returns the status; 0: the API server didn't answer.
func (s *Server) Get(t testing.TB, path string, v any) int {
	t.Helper()
	resp, err := s.do(http.MethodGet, path, "")
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
			return 0 // cut off
		}
	}
	return resp.StatusCode
}
