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
