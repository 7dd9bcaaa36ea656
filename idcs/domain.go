package idcs

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// The endpoints are constants below the domain. The discovery document isn't asked: its issuer is
// another host than the domain, so that strict readers refuse it, and what it says could only send
// a refresh token elsewhere.
//
// https://docs.oracle.com/en/cloud/paas/identity-cloud/idcsa/op-oauth2-v1-token-post.html and the
// pages beside it.
const (
	tokenPath     = "/oauth2/v1/token"
	authorizePath = "/oauth2/v1/authorize"
	devicePath    = "/oauth2/v1/device"
	revokePath    = "/oauth2/v1/revoke"
)

// ErrDomain is why ParseDomain refused a text. It doesn't repeat the text.
var ErrDomain = errors.New("a domain is https://HOST, or https://HOST:PORT, and nothing more")

// ParseDomain validates a domain and returns it in its only form: "https", a host in lower case, and
// a port unless it is 443, as in "https://idcs-0011.identity.oraclecloud.com". One final slash is
// dropped. Everything else (http, user, path, query, fragment, a name that isn't ASCII, a port out
// of range) is ErrDomain: what follows the host would otherwise be silently ignored, and secrets go
// to this address.
func ParseDomain(s string) (string, error) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || !strings.EqualFold(scheme, "https") {
		return "", ErrDomain
	}
	rest = strings.TrimSuffix(rest, "/")
	if strings.ContainsAny(rest, "/?#@%\\") {
		return "", ErrDomain
	}
	host, port, found := rest, "", false
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, ']') {
		host, port, found = rest[:i], rest[i+1:], true
	}
	if found {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return "", ErrDomain
		}
	}
	host = strings.ToLower(host)
	if !validHost(host) {
		return "", ErrDomain
	}
	if !found || port == "443" {
		return "https://" + host, nil
	}
	return "https://" + host + ":" + port, nil
}

// validHost takes a DNS name (RFC 1123: letters, digits, hyphens), an IPv4 address in four decimal
// parts, and an IPv6 address in brackets without a zone.
func validHost(h string) bool {
	if v6, ok := strings.CutPrefix(h, "["); ok {
		v6, ok = strings.CutSuffix(v6, "]")
		a, err := netip.ParseAddr(v6)
		return ok && err == nil && a.Is6() && a.Zone() == ""
	}
	if a, err := netip.ParseAddr(h); err == nil {
		return a.Is4()
	}
	if len(h) > 253 {
		return false
	}
	labels := strings.Split(h, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for i := range len(l) {
			c := l[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	// A name that ends in a number is what some resolvers read as an address (127.1, 0x7f.1).
	last := labels[len(labels)-1]
	return last[0] < '0' || last[0] > '9'
}

// endpoint is the URL of a path at the domain. It parses the domain again, so that no request leaves
// for an address that ParseDomain would refuse.
func (c *Client) endpoint(path string) (*url.URL, error) {
	d, err := ParseDomain(c.Domain)
	if err != nil {
		return nil, refuse(err.Error(), err)
	}
	u, err := url.Parse(d + path)
	if err != nil {
		return nil, refuse(ErrDomain.Error(), ErrDomain)
	}
	return u, nil
}
