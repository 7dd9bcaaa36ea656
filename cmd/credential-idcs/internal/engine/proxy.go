package engine

import (
	"net/http"
	"net/url"
)

// proxy tells the ways to the domain apart: the address of its proxy, empty for none.
func (e *Engine) proxy() string {
	u, err := url.Parse(e.Profile.Domain)
	if err != nil || e.world.Proxy == nil {
		return ""
	}
	switch p, err := e.world.Proxy(u); {
	case err != nil:
		return "unreadable"
	case p != nil:
		return p.String()
	}
	return ""
}

// EnvironmentProxy is the proxy that the variables of the process name for an address, or nil.
func EnvironmentProxy(u *url.URL) (*url.URL, error) {
	return http.ProxyFromEnvironment(&http.Request{URL: u})
}
