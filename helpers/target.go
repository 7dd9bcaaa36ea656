package helpers

import (
	"strconv"
	"strings"
)

// A Target is where a credential may go: an https origin, perhaps with a path. The configuration has targets, and a
// protocol's input is read as one; Covers compares them. All protocols use it, so a look-alike that one of them refuses is
// refused by all.
//
// There are no wildcards, no suffixes, no patterns, and no name is resolved: an origin is equal or it isn't. Names are
// compared as the bytes that a client sends to its resolver; an international name is in its xn-- form.
//
// A Target is always in normal form, so two are the same if they are ==, and they can be keys of maps. The zero Target is
// no place; it covers nothing and nothing covers it.
type Target struct {
	host string // lower case; IPv6 in brackets and in RFC 5952's spelling; empty in the zero Target only
	port uint16 // 443 where none was written
	path string // empty, or "/" and segments, without a final "/"
}

// Covers reports whether a credential for t may go to input: host and port are equal, and if t has a path, input's path
// equals it or continues it with whole segments. Bytes are compared as they are: /team covers /team/a.git, but neither
// /teams nor /Team.
func (t Target) Covers(input Target) bool {
	if t.IsZero() || !t.SameOrigin(input) {
		return false
	}
	rest, ok := strings.CutPrefix(input.path, t.path)
	return ok && (t.path == "" || rest == "" || rest[0] == '/')
}

// SameOrigin reports whether host and port are equal.
func (t Target) SameOrigin(u Target) bool { return t.host == u.host && t.port == u.port }

// Narrower reports whether t has the longer path. Of the targets that cover one input, the narrowest decides: each of
// their paths continues the next shorter one, so comparing lengths is enough.
func (t Target) Narrower(u Target) bool { return len(t.path) > len(u.path) }

// IsZero reports whether t is no place at all.
func (t Target) IsZero() bool { return t.host == "" }

// Path is empty or "/" and segments, without a final "/".
func (t Target) Path() string { return t.path }

// HostPort is HOST[:PORT], without the port 443, IPv6 in brackets: a key of docker's configuration files.
func (t Target) HostPort() string {
	if t.port == 443 || t.IsZero() {
		return t.host
	}
	return t.host + ":" + strconv.Itoa(int(t.port))
}

// String is the target in the configuration's form, https://HOST[:PORT][/PATH], which ParseTarget reads back as the same
// Target. The zero Target is the empty string.
//
//go:noinline
func (t Target) String() string {
	if t.IsZero() {
		return ""
	}
	return "https://" + t.HostPort() + t.path
}
