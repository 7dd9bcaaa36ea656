package call

import (
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// SessionEnds is when the session of a profile ends: the one in the oci CLI's files, or the renewed one that is
// stored, whichever lives longer. Zero: there is none. It uses no lock, no key and no network.
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

// registryLives reports whether a stored token is still served though the session has ended, or may be once the
// store of the sealing key is unlocked.
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
