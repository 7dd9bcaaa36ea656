package idcstest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	expiryScope    = "urn:opc:resource:expiry="
	everyResource  = "urn:opc:resource:consumer::all"
	offlineAccess  = "offline_access"
	openID         = "openid"
	yearOfSeconds  = 31556952 // D TokenExpiryTable
	defaultSeconds = 3600
)

// splitScope splits at single spaces, RFC 6749 3.3; two in a row leave an empty item, which is refused.
func splitScope(scope string) []string {
	if scope == "" {
		return nil
	}
	return strings.Split(scope, " ")
}

// checkScope judges what a login asks for. D Scopes.
func checkScope(c *Client, scope []string) *refusal {
	resources := 0
	for i, item := range scope {
		_, isExpiry := customExpiry(scope[i : i+1])
		switch {
		case slices.Contains(scope[:i], item):
			return badScope("an item comes twice")
		case item == openID, item == offlineAccess, isExpiry:
		case strings.HasPrefix(item, expiryScope):
			return badScope("the expiry is not within 60 and %d", yearOfSeconds)
		case item == everyResource, slices.Contains(c.Scopes, item):
			resources++
		default:
			return badScope("the client may not ask for %.60q", item)
		}
	}
	if slices.Contains(scope, everyResource) {
		for _, item := range scope {
			if item != everyResource && item != offlineAccess {
				return badScope("%s stands alone or beside %s", everyResource, offlineAccess)
			}
		}
	}
	if resources == 0 && !slices.Contains(scope, openID) {
		return badScope("it names no resource")
	}
	return nil
}

// checkNarrower judges the scope of a refresh: the same or less than the login's (D usingoauth), but
// any expiry, which is Oracle's way around the year-long default.
func checkNarrower(c *Client, login, scope []string) *refusal {
	for _, item := range scope {
		if !slices.Contains(login, item) && !strings.HasPrefix(item, expiryScope) {
			return badScope("%.60q was not asked for at the login", item)
		}
	}
	return checkScope(c, scope)
}

// customExpiry finds urn:opc:resource:expiry=N, 60 to 31556952 s.
func customExpiry(scope []string) (time.Duration, bool) {
	for _, item := range scope {
		digits, ok := strings.CutPrefix(item, expiryScope)
		if n, err := strconv.Atoi(digits); ok && err == nil && 60 <= n && n <= yearOfSeconds && strconv.Itoa(n) == digits {
			return time.Duration(n) * time.Second, true
		}
	}
	return 0, false
}

// life is an access token's: what the scope asks for, the resource application's setting
// (Options.AccessTTL and TTLs), and at the login of a person the session (8 h); the smallest that there
// is, else 3600 s. D TokenExpiryTable.
func (s *Server) life(scope []string, person bool) time.Duration {
	life, _ := customExpiry(scope)
	settings := []time.Duration{s.opts.AccessTTL}
	for _, item := range scope {
		settings = append(settings, s.opts.TTLs[item])
	}
	for _, set := range settings {
		if set > 0 && (life == 0 || set < life) {
			life = set
		}
	}
	if life == 0 {
		life = defaultSeconds * time.Second
	}
	if person {
		life = min(life, s.opts.SessionTTL)
	}
	return life
}

// lifeAtRefresh is life, but for a refresh without scope of a login that asked for an expiry: that
// brings a year where the domain has D P6:102910's default.
func (s *Server) lifeAtRefresh(login, asked []string) time.Duration {
	if asked != nil {
		return s.life(asked, false)
	}
	if _, custom := customExpiry(login); custom && s.opts.YearAtRefresh {
		return yearOfSeconds * time.Second
	}
	return s.life(login, false)
}
