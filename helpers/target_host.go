package helpers

import (
	"errors"
	"strconv"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/address"
)

// parseAuthority reads HOST[:PORT].
func parseAuthority(s string) (Target, error) {
	// First, because the general messages for them would confuse.
	switch {
	case strings.Contains(s, "@"):
		return Target{}, errors.New("a target has no user name or password")
	case strings.Contains(s, "?"):
		return Target{}, errors.New("a target has no query")
	case strings.Contains(s, "#"):
		return Target{}, errors.New("a target has no fragment")
	}
	host, port, hasPort := s, "", false
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return Target{}, errors.New("the ] of an IPv6 address is missing")
		}
		host = s[:end+1]
		if rest := s[end+1:]; rest != "" {
			if rest[0] != ':' {
				return Target{}, errors.New("behind ] there may be a : and a port")
			}
			port, hasPort = rest[1:], true
		}
	} else {
		host, port, hasPort = strings.Cut(s, ":")
	}

	t := Target{port: 443}
	var err error
	if t.host, err = parseHost(host); err != nil {
		return Target{}, err
	}
	if hasPort {
		if t.port, err = parsePort(port); err != nil {
			return Target{}, err
		}
	}
	return t, nil
}

func parsePort(s string) (uint16, error) {
	if s == "" {
		return 0, errors.New("the port behind the : is missing")
	}
	for i := range len(s) {
		if !digit(s[i]) {
			return 0, errors.New("the port is not a number")
		}
	}
	if s[0] == '0' {
		return 0, errors.New("the port begins with a zero")
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, errors.New("the port is above 65535")
	}
	return uint16(n), nil
}

// parseHost returns the normal form of a bracketed IPv6 address, an IPv4 address of four decimal
// numbers, or a DNS name.
func parseHost(s string) (string, error) {
	if strings.HasPrefix(s, "[") {
		return parseIPv6(s[1 : len(s)-1])
	}
	switch {
	case s == "":
		return "", errors.New("there is no host")
	case len(s) > 253:
		return "", errors.New("the host is longer than 253 bytes")
	}
	s = lower(s)
	last := ""
	for label := range strings.SplitSeq(s, ".") {
		if err := checkLabel(label); err != nil {
			return "", err
		}
		last = label
	}
	// With such a last label clients read the name as an IPv4 address, for which inet_aton also accepts octal, hexadecimal
	// and missing numbers (RFC 6943 section 3.1.1). Only the one spelling that all of them read alike is accepted.
	if allDigits(last) || strings.HasPrefix(last, "0x") {
		if !address.Is4(s) {
			return "", errors.New("an IPv4 address has four decimal numbers from 0 to 255, without leading zeros")
		}
	}
	return s, nil
}

// parseIPv6 refuses a zone, which has a meaning on one machine only, and IPv4-mapped addresses, so that no place has two
// names.
func parseIPv6(s string) (string, error) {
	s, zone, zoned := strings.Cut(s, "%")
	a, ok := address.Parse6(s)
	switch {
	case !ok || zoned && zone == "":
		return "", errors.New("there is no IPv6 address in the brackets")
	case zoned:
		return "", errors.New("an IPv6 address with a zone is not allowed")
	case a.Mapped():
		return "", errors.New("an IPv4-mapped IPv6 address is not allowed")
	}
	return "[" + a.String() + "]", nil
}

func checkLabel(s string) error {
	switch {
	case s == "":
		return errors.New("the host has an empty label: a dot too many")
	case len(s) > 63:
		return errors.New("the host has a label longer than 63 bytes")
	}
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || digit(c) || c == '-' || c == '_') {
			return errors.New("the host has a character that is no letter, digit, -, _ or dot (international names: write the xn-- form)")
		}
	}
	if s[0] == '-' || s[len(s)-1] == '-' {
		return errors.New("the host has a label that begins or ends with -")
	}
	return nil
}

// lower is strings.ToLower for A to Z only: the Kelvin sign must not become a k.
func lower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !digit(s[i]) {
			return false
		}
	}
	return true
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
