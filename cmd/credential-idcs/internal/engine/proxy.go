package engine

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/proxy"

	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/wire"
)

// proxy is the address of the proxy for a server, empty if there is none. It goes into the digest by which a failure
// of the network counts for one way only.
func (e *Engine) proxy(server string) string {
	find := methods.ProxyOf(e.Profile, e.world.Proxy)
	u, err := url.Parse(server)
	if err != nil || find == nil {
		return ""
	}
	switch p, err := find(u); {
	case err != nil:
		return "unreadable"
	case p != nil:
		return p.String()
	}
	return ""
}

// EnvironmentProxy finds the proxy for an address in the environment variables, nil if there is none: as net/http
// does, and if there is none for https, in ALL_PROXY, as git and curl do. Its error names the variable but not its
// value, which may have a password.
func EnvironmentProxy(getenv func(string) string) func(*url.URL) (*url.URL, error) {
	return func(u *url.URL) (*url.URL, error) {
		name, value := oneOf(getenv, "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
		exempt, without := oneOf(getenv, "NO_PROXY", "no_proxy")
		switch {
		case value != strings.TrimSpace(value):
			return nil, &wire.ProxyError{Variable: name, Problem: "begins or ends with a blank"}
		case strings.ContainsAny(value, "\"'"):
			return nil, &wire.ProxyError{Variable: name, Problem: "holds quotes; write it without"}
		case value != "" && strings.ContainsAny(without, "\"'"):
			return nil, &wire.ProxyError{Variable: exempt, Problem: "holds quotes; write it without"}
		}
		p, err := http.ProxyFromEnvironment(&http.Request{URL: u})
		if strings.EqualFold(name, "ALL_PROXY") && proxied(u, without) {
			if !strings.Contains(value, "://") { // net/http takes HOST:PORT alone, too
				value = "http://" + value
			}
			p, err = url.Parse(value)
		}
		if err != nil {
			return nil, &wire.ProxyError{Variable: name, Problem: "is no address; it must be http://HOST:PORT or socks5://HOST:PORT"}
		}
		return p, nil
	}
}

// proxied reports whether NO_PROXY lets an address go through the proxy. This machine's own addresses never do.
func proxied(u *url.URL, without string) bool {
	through := new(seen)
	hosts := proxy.NewPerHost(through, new(seen))
	hosts.AddFromString("localhost,127.0.0.0/8,::1/128")
	for host := range strings.SplitSeq(without, ",") {
		host = strings.TrimSpace(host)
		if name, port, err := net.SplitHostPort(host); err == nil && port == cmp.Or(u.Port(), "443") {
			host = name
		}
		switch _, _, err := net.ParseCIDR(host); {
		case host == "*":
			return false
		case err == nil || net.ParseIP(host) != nil:
			hosts.AddFromString(host)
		case host != "":
			hosts.AddZone(strings.TrimPrefix(host, "*")) // the name itself, and all below it
		}
	}
	_, _ = hosts.Dial("tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443"))) //nolint:noctx // seen connects to nothing
	return bool(*through)
}

// seen becomes true when it is used in place of a connection.
type seen bool

func (s *seen) Dial(string, string) (net.Conn, error) {
	*s = true
	return nil, nil
}

// oneOf is the first of some variables that isn't empty, or the first.
func oneOf(getenv func(string) string, names ...string) (name, value string) {
	for _, name = range names {
		if value = getenv(name); value != "" {
			return name, value
		}
	}
	return names[0], ""
}
