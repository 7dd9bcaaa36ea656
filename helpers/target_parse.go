package helpers

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// The parsers below don't use net/url, which accepts too much (a port of any length, an escaped host, a zone, user info, an
// empty port), and its callers read that in different ways. What these accept, net/url, git and curl all read as the same
// host and port; a fuzz test and a table check that. A spelling that can be read in two ways is refused and never repaired.
//
// No error quotes its input: the caller prints it safely.

// ParseTarget reads a target of the configuration: https://HOST[:PORT][/SEGMENT…], with at most one final "/". The error is
// what is wrong with it, in a few words: "a target has no query".
func ParseTarget(s string) (Target, error) {
	rest, err := cutScheme(s)
	if err != nil {
		return Target{}, err
	}
	switch {
	case strings.Contains(rest, "*"):
		return Target{}, errors.New("there are no wildcards")
	case strings.Contains(rest, "%"):
		return Target{}, errors.New("% is not allowed")
	}
	authority, path := splitPath(rest)
	t, err := parseAuthority(authority)
	if err != nil {
		return Target{}, err
	}
	t.path, err = parsePath(path)
	if err != nil {
		return Target{}, err
	}
	return t, nil
}

// ParseURL reads a client's address, such as the server of a kubeconfig. It accepts what ParseTarget accepts, and in a path
// also "*" and "%". But a path with a "%" has several spellings, so the Target gets no path: only a target without one
// covers it.
func ParseURL(s string) (Target, error) {
	rest, err := cutScheme(s)
	if err != nil {
		return Target{}, err
	}
	return parsePlace(splitPath(rest))
}

// ParseRequest reads the address of one HTTP request. It accepts what ParseURL accepts, and a query, which it ignores.
func ParseRequest(s string) (Target, error) {
	rest, err := cutScheme(s)
	if err != nil {
		return Target{}, err
	}
	authority, path := splitPath(rest)
	path, query, _ := strings.Cut(path, "?")
	for i := range len(query) {
		if c := query[i]; c <= ' ' || 0x7f <= c || c == '#' || c == '\\' {
			return Target{}, errors.New("the query has a character that must be escaped")
		}
	}
	return parsePlace(authority, path)
}

func parsePlace(authority, path string) (Target, error) {
	t, err := parseAuthority(authority)
	if err != nil {
		return Target{}, err
	}
	t.path, err = parsePath(path)
	if err != nil {
		return Target{}, err
	}
	if strings.Contains(path, "%") {
		t.path = ""
	}
	return t, nil
}

// ParseGit reads three attributes of git's protocol. git writes the protocol in lower case, the host with its port, and the
// path without the first "/"; there is a path only with credential.useHttpPath. A path that can be read in two ways (an
// empty, "." or ".." segment, a "%", a "\") is ignored.
func ParseGit(protocol, host, path string) (Target, error) {
	if protocol != "https" {
		return Target{}, errors.New("the protocol is not https")
	}
	t, err := parseAuthority(host)
	if err != nil {
		return Target{}, err
	}
	if path != "" && !strings.Contains(path, "%") {
		if p, err := parsePath("/" + path); err == nil {
			t.path = p
		}
	}
	return t, nil
}

// ParseServer reads a server of docker's: HOST[:PORT], perhaps with https:// in front, as Docker Hub's key has it, and
// perhaps with a path. The path must be a right one, but the Target has none: a registry is a host.
func ParseServer(s string) (Target, error) {
	rest := strings.TrimPrefix(s, "https://")
	if strings.Contains(rest, "%") {
		return Target{}, errors.New("% is not allowed")
	}
	authority, path := splitPath(rest)
	if _, err := parsePath(path); err != nil {
		return Target{}, err
	}
	return parseAuthority(authority)
}

func cutScheme(s string) (string, error) {
	if rest, ok := strings.CutPrefix(s, "https://"); ok {
		return rest, nil
	}
	return "", errors.New("it must begin with https://")
}

// splitPath splits before the first "/", which is part of the path. "?", "#" and "\", at which other parsers split, too,
// are refused in both parts.
func splitPath(s string) (authority, path string) {
	if i := strings.IndexByte(s, '/'); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// parsePath accepts an empty path, or one that begins with "/".
func parsePath(s string) (string, error) {
	s = strings.TrimSuffix(s, "/")
	if s == "" {
		return "", nil
	}
	if !utf8.ValidString(s) {
		return "", errors.New("the path is not UTF-8")
	}
	for _, r := range s {
		switch {
		case r == '?':
			return "", errors.New("a target has no query")
		case r == '#':
			return "", errors.New("a target has no fragment")
		case r == '\\':
			return "", errors.New(`\ is not allowed`)
		case Control(r):
			return "", errors.New("the path has a control character")
		}
	}
	for seg := range strings.SplitSeq(s[1:], "/") {
		switch seg {
		case "":
			return "", errors.New("the path has an empty segment")
		case ".", "..":
			return "", errors.New("the path has a segment of dots")
		}
	}
	return s, nil
}
