package servers

import (
	"crypto/tls"
	"net/http"
	"strings"
)

// Packages starts a server of packages, a handler behind the guard. Its clients send Bearer or Basic, as
// offers says. What lies below /public/ needs no token: it is where registries send clients that fetch
// without one.
func Packages(cert tls.Certificate, check Check, packages http.Handler, offers ...string) (*Server, error) {
	s, err := start(cert, check, face{offers: offers}, packages)
	if err != nil {
		return nil, err
	}
	guarded := s.http.Handler
	s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/public/") {
			packages.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
	return s, nil
}
