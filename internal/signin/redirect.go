package signin

import (
	"crypto/subtle"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A redirect is the address that the domain sends the browser back to.
type redirect struct {
	url    string   // as it is registered, letter by letter
	host   string   // with the port, as in the Host header
	name   string   // the host without the port
	port   string   // decimal
	path   string   // escaped, "/" at least
	listen []string // the addresses to listen at
}

// parseRedirect accepts only http on a loopback address: at any other we can't listen, or others can, too. listen, if not
// empty, is the address to listen at instead.
func parseRedirect(s, listen string) (*redirect, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, &RedirectError{"is no URL"}
	case u.Scheme != "http":
		return nil, &RedirectError{"must begin with http://, a listener on this machine has no certificate"}
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "", strings.HasSuffix(s, "#"):
		return nil, &RedirectError{"must be host, port and path, and nothing more"}
	case u.Port() == "0":
		return nil, &RedirectError{"needs the port that is registered with the domain"}
	}
	r := &redirect{url: s, host: u.Host, name: u.Hostname(), port: u.Port(), path: u.EscapedPath()}
	if r.port == "" {
		r.port = "80"
	}
	if r.path == "" {
		r.path = "/"
	}
	ip, err := netip.ParseAddr(u.Hostname())
	switch {
	case strings.EqualFold(u.Hostname(), "localhost"):
		r.listen = localhost(r.port)
	case err == nil && ip.IsLoopback() && ip.Zone() == "":
		r.listen = []string{net.JoinHostPort(ip.String(), r.port)}
	default:
		return nil, &RedirectError{"must be on 127.0.0.1, [::1] or localhost"}
	}
	if listen != "" {
		r.listen = []string{listen}
	}
	return r, nil
}

// localhost are both loopback addresses, or one without IPv6: browsers try ::1 first, and another program that listens
// there would get the code.
func localhost(port string) []string {
	both := []string{net.JoinHostPort("127.0.0.1", port)}
	if l, err := net.Listen("tcp", "[::1]:0"); err == nil {
		_ = l.Close()
		both = append(both, net.JoinHostPort("::1", port))
	}
	return both
}

// here reports whether a Host header is the redirect URL's. A stranger's page whose name resolves to 127.0.0.1 (DNS
// rebinding) sends its own.
func (r *redirect) here(host string) bool {
	return strings.EqualFold(host, r.host) || r.port == "80" && strings.EqualFold(strings.TrimSuffix(host, ":80"), strings.TrimSuffix(r.host, ":80"))
}

// A result is what the browser brought back: a code, or why there is none.
type result struct {
	code    secret.Text
	refusal error // an *idcs.Error, or an *IssuerError
}

// Why an address isn't the answer to this login. The texts quote nothing of it.
var (
	errState   = errors.New("it belongs to another login (its state differs); use the one from the newest login")
	errNothing = errors.New("it holds neither a code nor an error")
	errTwice   = errors.New("it holds a parameter twice")
	errAddress = errors.New("it isn't the address that the browser was sent back to")
)

// read reads the query of an answer (RFC 6749 4.1.2, RFC 9207 2.4). Its error is why it isn't ours.
func (r *redirect) read(query string, c check) (result, error) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return result{}, errNothing
	}
	if len(q["state"]) != 1 || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(c.state.Reveal())) != 1 {
		return result{}, errState
	}
	if len(q["code"]) > 1 || len(q["error"]) > 1 || len(q["iss"]) > 1 {
		return result{}, errTwice
	}
	if iss := q.Get("iss"); q.Has("iss") && !c.issued(iss) {
		return result{refusal: &IssuerError{text.Clean(iss)}}, nil
	}
	if code := q.Get("error"); code != "" {
		return result{refusal: refusal(code, q.Get("error_description"))}, nil
	}
	if q.Get("code") == "" {
		return result{}, errNothing
	}
	return result{code: secret.New(q.Get("code"))}, nil
}

// issued reports whether this login accepts an answer's issuer. Domains write theirs with or without the slash at the
// end, and with or without the port.
func (c check) issued(iss string) bool {
	for _, known := range c.issuers {
		if known != "" && plainIssuer(iss) == plainIssuer(known) {
			return true
		}
	}
	return false
}

func plainIssuer(iss string) string {
	if d, err := idcs.ParseDomain(iss); err == nil {
		return d
	}
	return strings.TrimSuffix(iss, "/")
}

// stray is the domain's refusal in an answer without a state. RFC 6749 4.1.2.1 demands the state, but some don't send it.
// Anybody can send an answer without one, so it doesn't end the login.
func stray(query string) (refused *idcs.Error, ok bool) {
	q, err := url.ParseQuery(query)
	if err != nil || q.Has("state") || len(q["error"]) != 1 || q.Get("error") == "" {
		return nil, false
	}
	return refusal(q.Get("error"), q.Get("error_description")), true
}

// readAddress reads a whole address, as the person copied it. Some browsers show it with https.
func (r *redirect) readAddress(address string, c check) (result, error) {
	address = strings.Trim(address, " \t\r\"'<>")
	if !strings.Contains(address, "://") {
		address = "http://" + address // some browsers don't show the scheme
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || !r.here(u.Host) || !r.at(u) {
		return result{}, errAddress
	}
	return r.read(u.RawQuery, c)
}

func (r *redirect) at(u *url.URL) bool {
	return u.EscapedPath() == r.path || u.EscapedPath() == "" && r.path == "/"
}

// refusal is the error of an answer with an error instead of a code (RFC 6749 4.1.2.1).
func refusal(code, description string) *idcs.Error {
	e := idcs.Error{Code: text.Clean(code), Description: text.Clean(description), Outcome: idcs.Settled}
	switch code {
	case "access_denied":
		return ended(ErrDenied, e)
	case "unauthorized_client", "unsupported_response_type", "invalid_scope", "invalid_request",
		"invalid_client", "invalid_redirect_uri":
		e.Class = idcs.ErrConfiguration
	case "server_error", "temporarily_unavailable":
		e.Class = idcs.ErrLater
	default:
		e.Class, e.Cause = idcs.ErrLoginFailed, string(idcs.ErrLoginFailed)
	}
	return &e
}
