package call

import (
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// SessionEnds is when the session of a profile ends: that of Oracle's files, or the successor that an earlier
// call got, whichever lives longer. Zero: there is none. It is read without a lock, a key or the network.
func SessionEnds(dir *cache.Dir, p *config.Profile, getenv func(string) string) time.Time {
	_, ends := p.OCI.SessionEnds()
	if !p.OCI.Refresh || p.OCI.Identity(getenv) == "" {
		return ends
	}
	c, ok := ident.ReadClaims(dir.Unsigned(SessionKey(p, getenv), false))
	if next := time.Unix(c.Expires, 0); ok && c.Expires != 0 && next.After(ends) {
		return next
	}
	return ends
}

// registryLives reports whether a registry's token is still served, though its session has ended, or may be once
// the key of what is stored is had.
func registryLives(dir *cache.Dir, p *config.Profile, getenv func(string) string) bool {
	keys := []cache.Key{SessionKey(p, getenv)}
	for i := range p.Targets {
		if t := &p.Targets[i]; t.Kind == config.KindOCIR {
			keys = append(keys, KeyOf(p, t, getenv))
		}
	}
	for _, key := range keys {
		switch dir.View(key, cache.Renewal{}).State {
		case "fresh", "stale", "locked":
			return true
		}
	}
	return false
}
