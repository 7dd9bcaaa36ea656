package ident

import (
	"bytes"
	"errors"
	"strings"
)

// ErrNoSection is returned if a file has no section of that name.
var ErrNoSection = errors.New("there is no such profile")

// A ConfigError is what is wrong in a line of a file like ~/.oci/config. It quotes only keys, since a value may be a
// passphrase.
type ConfigError struct {
	Line    int // from 1; 0: the file as a whole
	Problem string
}

func (e *ConfigError) Error() string { return e.Problem }

// A Section is one profile of ~/.oci/config. The zero Section has nothing.
//
// https://docs.oracle.com/en-us/iaas/Content/API/Concepts/sdkconfig.htm
type Section struct {
	Name  string
	Line  int // of [NAME]
	pairs map[string]pair
	// elsewhere are the keys of [DEFAULT]. They aren't inherited, as in Oracle's SDK for Go; the oci CLI inherits them. A
	// key that signs for the wrong user would be worse than an error.
	elsewhere map[string]bool
}

type pair struct {
	value string
	line  int
}

// ParseSection reads the section with exactly this name. Lines are "key = value", split at the first "="; the case of keys
// doesn't matter, and # and ; begin comments. Other sections aren't checked. The error is ErrNoSection or a *ConfigError.
func ParseSection(data []byte, name string) (Section, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	s := Section{Name: name, pairs: map[string]pair{}, elsewhere: map[string]bool{}}
	begun, current := false, ""
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
			continue
		case line[0] == '[':
			end := strings.LastIndexByte(line, ']')
			if end < 0 {
				return Section{}, &ConfigError{n, "a section's name has no ]"}
			}
			begun, current = true, line[1:end]
			if current != name {
				continue
			}
			if s.Line != 0 {
				return Section{}, &ConfigError{n, "this profile comes twice"}
			}
			s.Line = n
			continue
		case !begun:
			return Section{}, &ConfigError{n, "a key before the first [PROFILE]"}
		}
		key, value, isPair := strings.Cut(line, "=")
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		switch {
		case current == name && !isPair:
			return Section{}, &ConfigError{n, "is neither key = value nor a comment"}
		case current == name:
			if _, twice := s.pairs[key]; twice {
				return Section{}, &ConfigError{n, quoteKey(key) + " comes twice"}
			}
			s.pairs[key] = pair{value, n}
		case current == "DEFAULT":
			s.elsewhere[key] = true
		}
	}
	if s.Line == 0 {
		return Section{}, ErrNoSection
	}
	return s, nil
}

// quoteKey is a key of the file for a message, or "a key" if it is no word.
func quoteKey(key string) string {
	if key == "" || len(key) > 40 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return "a key"
	}
	return key
}

// Get is the value of a key and its line; "" and 0 if it is missing.
//
//go:noinline
func (s Section) Get(key string) (value string, line int) {
	p := s.pairs[key]
	return p.value, p.line
}

// Need is the value of a key that must exist and not be empty. The error is a *ConfigError.
//
//go:noinline
func (s Section) Need(key string) (string, error) {
	p, ok := s.pairs[key]
	switch {
	case ok && p.value != "":
		return p.value, nil
	case ok:
		return "", &ConfigError{p.line, key + " is empty"}
	case s.elsewhere[key]:
		return "", &ConfigError{s.Line, "profile " + s.Name + " has no " + key + ", and nothing is inherited from [DEFAULT]"}
	}
	return "", &ConfigError{s.Line, "profile " + s.Name + " has no " + key}
}
