package idcstest

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// An exchange is one request and what becomes of it.
type exchange struct {
	s        *Server
	conn     *conn
	req      *http.Request
	endpoint string // token, device …, or other
	grant    string // the short name; "" but at the token endpoint

	fault     *Fault        // what the script has for it, or nil
	presented *presentation // of a refresh token, or nil
	successor string        // the refresh token that the answer brings, or ""
	replayed  bool          // a jti of it was seen before
}

// A Request is what arrived, raw: for a test that looks for a header, or scans for secrets.
type Request struct {
	Conn     int
	Method   string
	Host     string
	URL      string // path and query
	Header   http.Header
	Body     string
	Endpoint string // token, device, revoke, authorize, discovery, keys, other
	Grant    string // the short name, at the token endpoint
}

// Requests is a copy of all that arrived whole, in order. They hold secrets; don't print them.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

func (x *exchange) names() []string { return []string{x.endpoint, x.grant} }

// serve judges the request, carries it out and answers it, with the gates and faults on the way. It
// reports whether the connection may carry another request.
func (x *exchange) serve(body string) (keep bool) {
	form, formErr := parseForm(body)
	if x.endpoint == "token" {
		x.grant = grantNames[form.Get("grant_type")]
	}
	x.arrive(form, body)
	defer x.leave()
	if !x.reach(RequestRead) {
		return false
	}
	if x.fault.replaces(RequestRead) {
		return x.send(x.fault.replacement())
	}
	act, ref := x.route(form, formErr, body)
	if ref != nil {
		return x.send(x.refuse(ref))
	}
	if !x.reach(BeforeRotation) {
		return false
	}
	if x.fault.replaces(BeforeRotation) {
		return x.send(x.fault.replacement())
	}
	a := act()
	if !x.reach(AfterRotation) {
		return false
	}
	if x.fault.replaces(AfterRotation) {
		a = x.fault.replacement()
	}
	return x.send(a)
}

// arrive books the request: counters, the script's choice, the invariants.
func (x *exchange) arrive(form url.Values, body string) {
	s := x.s
	name := x.grant
	if name == "" {
		name = x.endpoint
	}
	s.journal.add(x.conn.id, func(n *Counts) {
		n.Posts[name]++
		n.InFlight++
		n.MaxInFlight = max(n.MaxInFlight, n.InFlight)
	}, "sent %s", name)
	x.fault = s.fault(func(p Point) bool { return !p.connection() && p != Headers }, x.names())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = keep(s.opts.Keep, append(s.requests, Request{
		x.conn.id, x.req.Method, x.req.Host, x.req.RequestURI, x.req.Header.Clone(), body, x.endpoint, x.grant}))
	for _, param := range []string{"client_assertion", "assertion"} {
		if form.Has(param) {
			s.noteAssertion(x, form.Get(param))
		}
	}
	if x.grant == Refresh && form.Has("refresh_token") {
		x.presented = s.present(form.Get("refresh_token"), x.conn)
		x.presented.scripted = x.fault != nil || x.conn.down
	}
	x.checkCarriers(form)
}

// checkCarriers is I5 for what TLS doesn't hide from the wrong eyes: another Host, and the URL, which
// logs keep. s.mu is held.
func (x *exchange) checkCarriers(form url.Values) {
	query := x.req.URL.Query() // lenient: what a log would show
	proof := x.req.Header.Get("Authorization") != ""
	for _, n := range credentials {
		proof = proof || form.Has(n)
		if x.endpoint != "authorize" && query.Has(n) {
			x.s.breaks(x.conn, "I5 broken: %s in a URL", n)
		}
	}
	if proof && x.req.Host != x.s.host {
		x.s.breaks(x.conn, "I5 broken: a credential came under the wrong Host")
	}
}

var credentials = []string{"refresh_token", "assertion", "client_assertion", "client_secret", "password", "code",
	"code_verifier", "device_code", "token", "access_token", "id_token"}

// leave ends what arrive began.
func (x *exchange) leave() {
	x.s.mu.Lock()
	if x.presented != nil {
		x.presented.ended = true
	}
	x.s.mu.Unlock()
	x.s.journal.add(x.conn.id, func(n *Counts) { n.InFlight-- }, "is done")
}

// reach passes a point: first its gate, then what the script has for it. false ends the connection.
func (x *exchange) reach(p Point) bool {
	names := x.names()
	if !x.conn.stopAt(p, names, x.touch) {
		return false
	}
	f := x.fault
	if p == Headers {
		f = x.s.fault(func(at Point) bool { return at == Headers }, names)
	}
	if f == nil || f.point() != p {
		return true
	}
	if f.Delay > 0 {
		x.conn.log("is delayed at %q by %v", p, f.Delay)
		if left := x.conn.sleep(f.Delay) || x.conn.clientGone(); left && p != AfterRotation {
			x.conn.log("left during the delay")
			return false
		}
	}
	if f.Do != "" {
		x.conn.end(f.Do, p)
		return false
	}
	return true
}

// touch notes, before the request waits, that the test had a hand in the fate of the answer.
func (x *exchange) touch() {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	if x.presented != nil {
		x.presented.scripted = true
	}
}

// route judges what doesn't depend on the grant: Host, method, type, form.
func (x *exchange) route(form url.Values, formErr error, body string) (func() answer, *refusal) {
	if x.req.Host != x.s.host {
		return nil, &refusal{http.StatusMisdirectedRequest, "invalid_request", "Another host.", "wrong Host"}
	}
	for _, h := range []string{"Cookie", "Referer"} {
		if x.req.Header.Get(h) != "" && x.endpoint != "authorize" {
			return nil, badRequest("header %s", h)
		}
	}
	method := http.MethodPost
	if slices.Contains([]string{"authorize", "discovery", "keys"}, x.endpoint) {
		method = http.MethodGet
	}
	switch {
	case x.endpoint == "other":
		return nil, &refusal{http.StatusNotFound, "not_found", "Nothing is here.", "unknown path"}
	case x.req.Method != method:
		return nil, &refusal{http.StatusMethodNotAllowed, "invalid_request", "Another method.", "method " + x.req.Method}
	case x.endpoint == "authorize":
		return x.authorize()
	case x.req.URL.RawQuery != "":
		return nil, badRequest("a query")
	case x.endpoint == "discovery":
		return x.discovery, nil
	case x.endpoint == "keys":
		return x.keys, nil
	case !isForm(x.req.Header.Values("Content-Type")):
		return nil, &refusal{http.StatusUnsupportedMediaType, "invalid_request", "Another media type.", "Content-Type"}
	case formErr != nil:
		return nil, badRequest("%v", formErr)
	case x.endpoint == "device":
		return x.device(form)
	case x.endpoint == "revoke":
		return x.revoke(form)
	}
	if x.grant == Exchange && x.s.opts.Oracle != nil {
		if strings.HasPrefix(x.req.Header.Get("Authorization"), "Signature ") {
			return x.signedExchange(form, body)
		}
		return x.sessionExchange(form)
	}
	return x.token(form)
}

// isForm wants the header once, and no parameter but charset=utf-8.
func isForm(values []string) bool {
	if len(values) != 1 {
		return false
	}
	t, params, err := mime.ParseMediaType(values[0])
	if err != nil || t != "application/x-www-form-urlencoded" {
		return false
	}
	for name, v := range params {
		if name != "charset" || !strings.EqualFold(v, "utf-8") {
			return false
		}
	}
	return true
}
