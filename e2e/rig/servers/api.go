package servers

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
)

// API runs an endpoint that answers kubectl where it asks before and during `kubectl get --raw`:
// /version, /api, /apis, and /apis/demo.example.com/v1/whoami with the name in the token. It takes
// Bearer only, as a Kubernetes API server does, and it is no API server otherwise.
func API(cert tls.Certificate, check Check) (*Server, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"major": "1", "minor": "37", "gitVersion": "v1.37.2"})
	})
	mux.HandleFunc("GET /api", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"kind": "APIVersions", "versions": []string{"v1"}})
	})
	mux.HandleFunc("GET /apis", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"kind": "APIGroupList", "apiVersion": "v1", "groups": []object{}})
	})
	mux.HandleFunc("GET "+WhoAmI, func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, object{"user": r.Header.Get(userHeader)})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusNotFound, object{
			"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
			"message": "there is no " + r.URL.Path,
		})
	})
	return start(cert, check, face{offers: []string{"Bearer"}}, mux)
}

// WhoAmI is a path of the API endpoint that answers with the user name of the token: {"user":"…"}.
const WhoAmI = "/apis/demo.example.com/v1/whoami"

type object map[string]any

func answer(w http.ResponseWriter, status int, o object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(o)
}
