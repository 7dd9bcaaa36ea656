package methods

import (
	"net/url"

	"github.com/credential-idcs/credential-idcs/internal/config"
)

// ProxyOf is a profile's own proxy, before the environment's: a tool may start us without variables
// (kubelet, cron, a desktop), or with those that are meant for its own server. Nil: none.
func ProxyOf(p *config.Profile, environment func(*url.URL) (*url.URL, error)) func(*url.URL) (*url.URL, error) {
	switch p.Proxy {
	case "":
		return environment
	case "none":
		return nil
	}
	return func(*url.URL) (*url.URL, error) { return url.Parse(p.Proxy) }
}
