package tool

import (
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A Request has the profile and the options of configure or unconfigure. A tool uses only the options of its row in
// package tools.
type Request struct {
	Profile string
	Targets []helpers.Listed // the profile's
	Default string           // the profile of a call that names none; empty: there is none
	Hosts   []string         // HOST[:PORT] as typed; none: all targets
	All     bool             // Undo: everything of ours, also for former targets
	// Overwrite: replace what another program or a person has set. Undo ignores it.
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

// Named are the targets of the typed hosts, or all.
func (r Request) Named() ([]helpers.Target, error) { return r.targets(false) }

// Typed is Named for Undo: the hosts need not be targets any more.
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
			return nil, &helpers.Failure{Class: helpers.NotConfigured, Message: h.String() + " is not a target of profile " + Clean(r.Profile),
				Command: addTarget(h, r.Profile)}
		}
	}
	return out, nil
}

// Covers reports whether a target covers an address.
func (r Request) Covers(address string) bool {
	place, err := helpers.ParseURL(address)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(r.Targets, func(l helpers.Listed) bool { return l.Target.Covers(place) })
}

// Again is the command that repeats this request with --overwrite.
func (r Request) Again(tool string) string {
	c := "credential-idcs configure " + tool + " --overwrite"
	if r.Profile != "" {
		c += " --profile " + text.Word(r.Profile)
	}
	return c
}

// Stored has claims of the stored token, of the kind that the profile gives kubectl.
type Stored struct {
	ID        bool     // it is the ID token
	Issuer    string   // its iss; empty: none is known
	Audiences []string // its aud; empty: none is known
}

// SplitPort splits HOST[:PORT] at the last colon that isn't in the brackets of an IPv6 address.
func SplitPort(s string) (host, port string) {
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		return s[:i], s[i+1:]
	}
	return s, ""
}
