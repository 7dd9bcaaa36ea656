package servers

import (
	"net/http"
	"strings"
)

// A face is what a server shows to those without a token.
type face struct {
	offers []string    // the values of WWW-Authenticate in a 401
	header http.Header // what every answer has, a 401 too
}

// A guard lets requests with a good token through to the handler behind it.
type guard struct {
	server *Server
	check  Check
	face   face
	behind http.Handler
}

// ServeHTTP answers 401 to whoever has no good token. The token goes no further: a CGI program would
// find it in its environment.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, values := range g.face.header {
		w.Header()[name] = values
	}
	scheme, token := credential(r, g.face.offers)
	user, err := "", error(nil)
	if token != "" {
		user, err = g.check(token)
	}
	good := token != "" && err == nil
	g.count(good, token != "", user, scheme)
	if !good {
		for _, o := range g.face.offers {
			w.Header().Add("WWW-Authenticate", o)
		}
		g.refuse(w, err)
		return
	}
	r = r.Clone(r.Context())
	r.Header.Del("Authorization")
	r.Header.Set(userHeader, user)
	g.behind.ServeHTTP(w, r)
}

// userHeader tells the handler behind a guard whom the token named. A client can't set it: the guard
// overwrites it.
const userHeader = "X-Token-User"

// refuse writes the 401 with a body that all three kinds of client can show.
func (g *guard) refuse(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusUnauthorized)
	why := "an access token of the domain is needed"
	if err != nil {
		why = "the access token is refused: " + err.Error()
	}
	_, _ = w.Write([]byte(why + "\n"))
}

func (g *guard) count(good, sent bool, user, scheme string) {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	t := &g.server.tally
	switch {
	case good:
		t.Accepted++
		t.User, t.Scheme = user, scheme
	case sent:
		t.Refused++
	default:
		t.Anonymous++
	}
}

// credential returns the token of a request and the scheme it came with. A scheme that the server
// doesn't offer counts for nothing, as with a real server.
func credential(r *http.Request, offers []string) (scheme, token string) {
	if _, password, ok := r.BasicAuth(); ok {
		scheme, token = "Basic", password
	} else if s, t, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(s, "Bearer") {
		scheme, token = "Bearer", t
	}
	for _, o := range offers {
		if s, _, _ := strings.Cut(o, " "); s == scheme {
			return scheme, token
		}
	}
	return "", ""
}
