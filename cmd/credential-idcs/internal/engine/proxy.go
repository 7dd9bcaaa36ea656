package engine

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/wire"
)

// proxy tells the ways to a server apart, the domain's or a target's: the address of its proxy, empty
// for none.
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

// EnvironmentProxy is the proxy that the variables of the process name for an address, or nil. Its error
// names the variable and repeats nothing of it, since it may hold a password.
func EnvironmentProxy(getenv func(string) string) func(*url.URL) (*url.URL, error) {
	return func(u *url.URL) (*url.URL, error) {
		name, value := proxyVariable(getenv)
		switch {
		case value != strings.TrimSpace(value):
			return nil, wire.ProxyError("the variable " + name + " begins or ends with a blank")
		case strings.ContainsAny(value, "\"'"):
			return nil, wire.ProxyError("the variable " + name + " holds quotes; write it without")
		}
		proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u})
		if err != nil {
			return nil, wire.ProxyError("the variable " + name + " is no address; it must be http://HOST:PORT or socks5://HOST:PORT")
		}
		return proxy, nil
	}
}

// proxyVariable is the variable that net/http takes the proxy of an https address from.
func proxyVariable(getenv func(string) string) (name, value string) {
	for _, name = range []string{"HTTPS_PROXY", "https_proxy"} {
		if value = getenv(name); value != "" {
			return name, value
		}
	}
	return "HTTPS_PROXY", ""
}
