package methods

import (
	"net/url"

	"github.com/credential-idcs/credential-idcs/internal/config"
)

// ProxyOf finds the proxy for a profile: its own, else the environment's. A tool may start us without variables
// (kubelet, cron, a desktop), or with those for its own server. Nil: there is none.
func ProxyOf(p *config.Profile, environment func(*url.URL) (*url.URL, error)) func(*url.URL) (*url.URL, error) {
	switch p.Proxy {
	case "":
		return environment
	case "none":
		return nil
	}
	return func(*url.URL) (*url.URL, error) { return url.Parse(p.Proxy) }
}
