package helpers

import (
	"strconv"
	"strings"
)

// A Target is where a credential may go: an https origin, perhaps narrowed by a path. It is what
// the configuration lists, and what a protocol's input names; Covers holds the one against the
// other. All protocols match through it, so a look-alike that one of them refuses is refused by
// all.
//
// There are no wildcards, no suffixes, no patterns, and no name is ever resolved: an origin is
// equal or it isn't. Names are compared as the bytes that a client sends to its resolver; an
// international name is listed in its xn-- form.
//
// A Target is always in normal form, so two of them are the same place if they are ==, and they
// serve as keys of maps. The zero Target is no place; it covers nothing and nothing covers it.
type Target struct {
	host string // lower case; IPv6 in brackets and in RFC 5952's spelling; empty in the zero Target only
	port uint16 // 443 where none was written
	path string // empty, or "/" and segments, without a final "/"
}

// Covers reports whether a credential for t may go to the place input: the same host and port,
// and if t has a path, one that input's path equals or continues with whole segments. Bytes are
// compared as they are: /team takes /team/a.git, but neither /teams nor /Team.
func (t Target) Covers(input Target) bool {
	if t.IsZero() || !t.SameOrigin(input) {
		return false
	}
	rest, ok := strings.CutPrefix(input.path, t.path)
	return ok && (t.path == "" || rest == "" || rest[0] == '/')
}

// SameOrigin reports whether host and port are equal, whatever the paths are.
func (t Target) SameOrigin(u Target) bool { return t.host == u.host && t.port == u.port }

// Narrower reports whether t has the longer path. Of the targets that cover one input, the
// narrowest decides: each of their paths continues the next shorter one, so lengths are enough.
func (t Target) Narrower(u Target) bool { return len(t.path) > len(u.path) }

// IsZero reports whether t is no place at all.
func (t Target) IsZero() bool { return t.host == "" }

// Path is empty or "/" and segments, without a final "/".
func (t Target) Path() string { return t.path }

// HostPort is the host, behind a colon the port unless it is 443, IPv6 in brackets: what docker's
// configuration files have as a key.
func (t Target) HostPort() string {
	if t.port == 443 || t.IsZero() {
		return t.host
	}
	return t.host + ":" + strconv.Itoa(int(t.port))
}

// String is the target as the configuration would have it, in normal form:
// https://HOST[:PORT][/PATH]. ParseTarget reads it back as the same Target. The zero Target is the
// empty string.
func (t Target) String() string {
	if t.IsZero() {
		return ""
	}
	return "https://" + t.HostPort() + t.path
}
