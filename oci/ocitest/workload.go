package ocitest

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Pod is whom the service account token names.
const Pod = "system:serviceaccount:ci:builder"

func (s *Server) accountToken() (string, error) {
	token, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": "https://kubernetes.default.svc", "aud": []string{"api"}, "sub": Pod,
		"iat": time.Now().Unix(), "exp": time.Now().Add(24 * time.Hour).Unix(), "jti": randomHex(8),
	}).SignedString(s.signing)
	s.remember(token)
	return token, err
}

// WriteServiceAccount writes what the kubelet mounts into a pod: token (0644, as it does, where it can be root's
// as there) and ca.crt.
func (s *Server) WriteServiceAccount(dir string) error {
	mode := os.FileMode(0o644)
	if os.Geteuid() > 0 {
		mode = 0o600
	}
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte(s.Account), mode); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "ca.crt"), s.Cluster.PEM(), 0o644)
}

// workload is the cluster's own endpoint for its pods.
//
// Read in oci-go-sdk v65.130.0, common/auth/federation_client_oke_workload_identity.go:95-172.
func (s *Server) workload(w http.ResponseWriter, r *http.Request) {
	const name = "workload"
	s.take(w, r, name, func(r *http.Request, body []byte) reply {
		id := r.Header.Values("Opc-Request-Id")
		switch auth := r.Header.Values("Authorization"); {
		case r.Method != http.MethodPost || r.RequestURI != "/resourcePrincipalSessionTokens":
			return s.malformed(name, "%s %s", r.Method, r.URL.Path)
		case r.Host != s.pod.Addr().String():
			return s.malformed(name, "Host %s", r.Host)
		case len(auth) != 1 || auth[0] != "Bearer "+s.Account:
			return s.deny(name, errors.New("another service account token"))
		case !isJSON(r):
			return s.malformed(name, "another media type")
		case len(id) != 1 || len(id[0]) < 32:
			return s.malformed(name, "no opc-request-id")
		}
		if s.opts.BasicCluster {
			s.refuse(name, "the cluster isn't enhanced")
			return oracleError(http.StatusForbidden, "NotAuthorized")
		}
		m, err := members(body, "podKey")
		if err != nil {
			return s.malformed(name, "%v", err)
		}
		var text string
		if json.Unmarshal(m["podKey"], &text) != nil {
			return s.malformed(name, "podKey is no text")
		}
		block, rest := pem.Decode([]byte(text))
		if block == nil || block.Type != "PUBLIC KEY" || len(block.Headers) > 0 || strings.TrimSpace(string(rest)) != "" ||
			!strings.HasPrefix(text, "-----BEGIN PUBLIC KEY-----\n") {
			return s.malformed(name, "podKey is no PEM of a public key")
		}
		key, err := rsaPublic(block.Bytes)
		if err != nil {
			return s.malformed(name, "podKey: %v", err)
		}
		inner, err := json.Marshal(map[string]string{"token": "ST$" + s.Issue(Pod, key)})
		if err != nil {
			return s.malformed(name, "%v", err)
		}
		return jsonReply(http.StatusOK, base64.StdEncoding.EncodeToString(inner))
	})
}
