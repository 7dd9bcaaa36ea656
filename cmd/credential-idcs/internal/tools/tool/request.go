package tool

import (
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A Request is what a person asks of configure, or of the way back: a profile, and what the options
// of a tool say. A tool looks at those only that stand in its Words.
type Request struct {
	Profile string
	Targets []helpers.Listed // the profile's
	Default string           // the profile that answers where a tool can't name one; empty: none does
	Hosts   []string         // HOST[:PORT] as typed; none: all targets
	All     bool             // Undo: everything of ours that is no target any more too
	// Overwrite replaces what somebody else has set. Undo ignores it.
	Overwrite bool

	Portable    bool     // git, kubectl: the helper's name instead of its path
	Local       bool     // git
	File        string   // git
	Contexts    []string // kubectl
	AllContexts bool     // kubectl: those at targets
	User        string   // kubectl
	Domain      string   // kubectl: the domain's address
	ClientID    string   // kubectl
	Stored      Stored   // kubectl
	ConfigFile  string   // kubectl: the configuration, if it isn't the usual one
	CacheDir    string   // kubectl: the cache folder, if it isn't the usual one
}

// Named are the targets of the hosts that were typed, or all.
func (r Request) Named() ([]helpers.Target, error) { return r.targets(false) }

// Typed are the same for the way back: hosts need not be targets any more.
func (r Request) Typed() ([]helpers.Target, error) { return r.targets(true) }

func (r Request) targets(strangers bool) (out []helpers.Target, err error) {
	if len(r.Hosts) == 0 {
		for _, l := range r.Targets {
			out = append(out, l.Target)
		}
		return out, nil
	}
	for _, typed := range r.Hosts {
		h, err := helpers.ParseServer(typed)
		if err != nil {
			return nil, &helpers.Failure{Class: helpers.Usage, Message: Clean(typed) + " is no host: " + err.Error(), Err: err}
		}
		n := len(out)
		for _, l := range r.Targets {
			if l.Target.SameOrigin(h) {
				out = append(out, l.Target)
			}
		}
		switch {
		case len(out) > n:
		case strangers:
			out = append(out, h)
		default:
			return nil, &helpers.Failure{Class: helpers.NotConfigured, Message: h.String() + " is not a target of profile " + Clean(r.Profile)}
		}
	}
	return out, nil
}

// Covers reports whether an address is a target's.
func (r Request) Covers(address string) bool {
	place, err := helpers.ParseURL(address)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(r.Targets, func(l helpers.Listed) bool { return l.Target.Covers(place) })
}

// Again is the command that does the same and also replaces what this one refused to replace.
func (r Request) Again(tool string) string {
	c := "credential-idcs configure " + tool + " --overwrite"
	if r.Profile != "" {
		c += " --profile " + text.Word(r.Profile)
	}
	return c
}

// Stored is what the stored token says of itself, the kind of token that the profile gives kubectl.
type Stored struct {
	ID        bool     // it is the ID token
	Issuer    string   // its iss; empty: none is known
	Audiences []string // its aud; empty: none is known
}

// SplitPort cuts at the last colon that isn't inside the brackets of an IPv6 address.
func SplitPort(s string) (host, port string) {
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		return s[:i], s[i+1:]
	}
	return s, ""
}
