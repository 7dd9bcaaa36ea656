package doctor

import (
	"net/url"
	"strings"
)

// matches reports whether the settings of [credential "PATTERN"] count for a target, as git matches
// them (gitcredentials(7) "Credential contexts"; urlmatch.c): same scheme, host with a * for a
// label, same port, and whole segments of the path. A pattern may also be just a host, or a scheme. A
// pattern with a user name doesn't match: a target has none.
func matches(pattern, target string) bool {
	if pattern == "" {
		return true
	}
	t, err := url.Parse(target)
	if err != nil {
		return false
	}
	scheme, rest, found := strings.Cut(pattern, "://")
	if !found {
		scheme, rest = "https", pattern
	}
	if strings.ToLower(scheme) != "https" {
		return false
	}
	authority, path, _ := strings.Cut(rest, "/")
	if strings.Contains(authority, "@") {
		return false
	}
	if authority == "" {
		return path == ""
	}
	host, port := authority, "443"
	if i := strings.LastIndexByte(authority, ':'); i > strings.LastIndexByte(authority, ']') {
		host, port = authority[:i], authority[i+1:]
	}
	own := t.Port()
	if own == "" {
		own = "443"
	}
	name := t.Hostname()
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	return port == own && hostMatches(strings.ToLower(host), name) && covers("/"+path, t.Path)
}

// hostMatches compares label by label; a label of the pattern may be a * and nothing else.
func hostMatches(pattern, host string) bool {
	p, h := strings.Split(pattern, "."), strings.Split(host, ".")
	if len(p) != len(h) {
		return false
	}
	for i := range p {
		if p[i] != "*" && p[i] != h[i] {
			return false
		}
	}
	return true
}

// covers reports whether a path begins with the segments of another.
func covers(prefix, path string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || rest[0] == '/' || prefix == "")
}
