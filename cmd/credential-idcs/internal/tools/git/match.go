package git

import (
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
)

// A place is a URL for which git needs a credential: a target, or a part of it with a longer path or a user name.
type place struct {
	t    helpers.Target // origin; its path is in path
	user string
	path string
}

// whole is a target without a user name.
func whole(t helpers.Target) place { return place{t: t, path: t.Path()} }

func (p place) String() string {
	user := ""
	if p.user != "" {
		user = tool.Clean(p.user) + "@"
	}
	return "https://" + user + p.t.HostPort() + tool.Clean(p.path)
}

// matches reports whether the settings of [credential "PATTERN"] count for a place, as git compares them
// (gitcredentials(7) "Credential contexts"; urlmatch.c): same scheme, host with a * for a label, same port, whole segments
// of the path, and the user name, if the pattern has one.
func (p place) matches(pattern string) bool {
	q, ok := parsePattern(pattern)
	return ok && q.host(p.t) && (q.user == "" || q.user == p.user) && inside(p.path, q.path)
}

// parts are the target, and the parts of it for which there is a helper.
func parts(entries []entry, t helpers.Target) []place {
	list := []place{whole(t)}
	seen := map[place]bool{whole(t): true}
	for _, e := range entries {
		if e.key != "" || e.name != helperKey || !touches(e.url, t) {
			continue
		}
		q, _ := parsePattern(e.url)
		p := place{t: t, user: q.user, path: q.path}
		if len(q.path) < len(t.Path()) {
			p.path = t.Path()
		}
		if !seen[p] {
			seen[p] = true
			list = append(list, p)
		}
	}
	return list
}

// collect are the helpers that git runs for a place, and whether ours is among them.
func collect(entries []entry, p place) (ours bool, list []entry) {
	for _, e := range entries {
		switch {
		case e.key != "" || e.name != helperKey || !p.matches(e.url):
		case e.value == "":
			ours, list = false, nil
		default:
			ours = ours || isOurHelper(e.value)
			list = append(list, e)
		}
	}
	return ours, list
}

// last is the value of a setting that counts once; of several the last, as in credential.c.
func last(entries []entry, p place, name string) (value string, at entry) {
	for _, e := range entries {
		if e.key == "" && e.name == name && p.matches(e.url) {
			value, at = e.value, e
		}
	}
	return value, at
}

// covers reports whether a setting of credential.PATTERN.* applies to all of t; touches, to any of it.
func covers(pattern string, t helpers.Target) bool { return whole(t).matches(pattern) }

func touches(pattern string, t helpers.Target) bool {
	p, ok := parsePattern(pattern)
	return ok && p.host(t) && (inside(t.Path(), p.path) || inside(p.path, t.Path()))
}

// inside reports whether a path equals another or continues it with whole segments.
func inside(path, outer string) bool {
	rest, ok := strings.CutPrefix(path, outer)
	return ok && (outer == "" || rest == "" || rest[0] == '/')
}

// A pattern is the URL of a setting, which may lack parts, and may have "*" for a label of the host.
type pattern struct{ user, hostPort, path string }

func parsePattern(s string) (pattern, bool) {
	if i := strings.Index(s, "://"); i >= 0 {
		if !strings.EqualFold(s[:i], "https") {
			return pattern{}, false
		}
		s = s[i+3:]
	}
	var p pattern
	p.hostPort = s
	if i := strings.IndexByte(s, '/'); i >= 0 {
		path, ok := plainPath(s[i:])
		if !ok {
			return pattern{}, false
		}
		p.hostPort, p.path = s[:i], strings.TrimRight(path, "/")
	}
	if i := strings.LastIndexByte(p.hostPort, '@'); i >= 0 {
		p.user, p.hostPort = p.hostPort[:i], p.hostPort[i+1:]
		if user, err := url.PathUnescape(p.user); err == nil {
			p.user = user
		}
	}
	p.hostPort = strings.ToLower(p.hostPort)
	if host, port := tool.SplitPort(p.hostPort); host != p.hostPort { // git removes leading zeros, and the default port
		if port = strings.TrimLeft(port, "0"); port == "" || port == "443" {
			p.hostPort = host
		} else {
			p.hostPort = host + ":" + port
		}
	}
	return p, true
}

// plainPath is a path as git compares it: needless escapes are decoded, and . and .. are resolved (url_normalize in
// urlmatch.c). It isn't ok if it leads out of the root.
func plainPath(path string) (plain string, ok bool) {
	var out []string
	for _, segment := range strings.Split(escaped.ReplaceAllStringFunc(path, plainLetter), "/") {
		switch {
		case segment == "..":
			if len(out) < 2 {
				return "", false
			}
			out = out[:len(out)-1]
		case segment != ".":
			out = append(out, segment)
		}
	}
	return strings.Join(out, "/"), true
}

var escaped = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

func plainLetter(escape string) string {
	b, err := hex.DecodeString(escape[1:])
	c := string(b)
	if err != nil || !strings.ContainsAny(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") {
		return strings.ToUpper(escape)
	}
	return c
}

// host reports whether the pattern's host and port are t's. A pattern without a host matches every one; a "*" is one label.
func (p pattern) host(t helpers.Target) bool {
	if p.hostPort == "" {
		return true
	}
	host, port := tool.SplitPort(p.hostPort)
	tHost, tPort := tool.SplitPort(t.HostPort())
	labels, tLabels := strings.Split(host, "."), strings.Split(tHost, ".")
	if port != tPort || len(labels) != len(tLabels) {
		return false
	}
	for i := range labels {
		if labels[i] != tLabels[i] && labels[i] != "*" {
			return false
		}
	}
	return true
}
