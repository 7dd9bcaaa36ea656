package engine

import (
	"net/http"
	"net/url"
)

// EnvironmentProxy is the proxy that the variables of the process name for an address, or nil.
func EnvironmentProxy(u *url.URL) (*url.URL, error) {
	return http.ProxyFromEnvironment(&http.Request{URL: u})
}
