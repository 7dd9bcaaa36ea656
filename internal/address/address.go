// Package address reads IP addresses as net/netip does, as far as targets and settings need it: a test and a fuzzer
// compare it with netip. net/netip, and net/url, which imports it, can't be used in a cached answer: Go initialises
// them after regexp, YAML and others that it does without, since among the packages that are ready it takes the one
// whose import path comes first.
package address

import (
	"strconv"
	"strings"
)

// Is reports whether s is an IP address of either kind, without brackets and without a zone.
func Is(s string) bool {
	_, six := Parse6(s)
	return six || Is4(s)
}

// Loopback reports whether s is an address of this machine alone: 127.0.0.0/8 or ::1.
func Loopback(s string) bool {
	if n, ok := parseIPv4(s); ok {
		return n>>24 == 127
	}
	a, ok := Parse6(s)
	return ok && a == V6{7: 1}
}

// Is4 reports whether s is four decimal numbers from 0 to 255, without leading zeros.
func Is4(s string) bool {
	_, ok := parseIPv4(s)
	return ok
}

func parseIPv4(s string) (n uint32, ok bool) {
	fields := 0
	for field := range strings.SplitSeq(s, ".") {
		if field == "" || len(field) > 3 || !digits(field) || field[0] == '0' && field != "0" {
			return 0, false
		}
		v, _ := strconv.Atoi(field)
		if fields++; v > 255 || fields > 4 {
			return 0, false
		}
		n = n<<8 | uint32(v)
	}
	return n, fields == 4
}

// A V6 is an IPv6 address: its eight groups.
type V6 [8]uint16

// Parse6 reads the forms of RFC 4291 section 2.2, without a zone.
func Parse6(s string) (a V6, ok bool) {
	before, after, gap := strings.Cut(s, "::")
	head, ok := groups(before, !gap)
	if !ok {
		return a, false
	}
	copy(a[:], head)
	if !gap {
		return a, len(head) == len(a)
	}
	tail, ok := groups(after, true)
	if !ok || len(head)+len(tail) >= len(a) { // the :: stands for one group at least
		return a, false
	}
	copy(a[len(a)-len(tail):], tail)
	return a, true
}

// groups reads groups between colons; the last may be an IPv4 address, if it ends the whole.
func groups(s string, end bool) (list []uint16, ok bool) {
	if s == "" {
		return nil, true
	}
	words := strings.Split(s, ":")
	if len(words) > 8 {
		return nil, false
	}
	for i, w := range words {
		if end && i == len(words)-1 && strings.Contains(w, ".") {
			n, ok := parseIPv4(w)
			return append(list, uint16(n>>16), uint16(n)), ok && len(list) <= 6
		}
		if len(w) > 4 || w == "" {
			return nil, false
		}
		n, err := strconv.ParseUint(w, 16, 16)
		if err != nil {
			return nil, false
		}
		list = append(list, uint16(n))
	}
	return list, true
}

// String is the one spelling of RFC 5952: lower case, the longest run of zeros as ::, the first of equals.
func (a V6) String() string {
	from, to := 0, 0 // the run
	for i := 0; i < len(a); i++ {
		j := i
		for j < len(a) && a[j] == 0 {
			j++
		}
		if j-i >= 2 && j-i > to-from {
			from, to = i, j
		}
		i = max(i, j-1)
	}
	var b strings.Builder
	for i := 0; i < len(a); i++ {
		if to > from && i == from {
			b.WriteString("::")
			i = to - 1
			continue
		}
		if i > 0 && i != to {
			b.WriteByte(':')
		}
		b.WriteString(strconv.FormatUint(uint64(a[i]), 16))
	}
	return b.String()
}

// Mapped reports whether it is an IPv4-mapped address (RFC 4291 section 2.5.5.2).
func (a V6) Mapped() bool {
	return a[0]|a[1]|a[2]|a[3]|a[4] == 0 && a[5] == 0xffff
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || '9' < s[i] {
			return false
		}
	}
	return true
}
