package config

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A ProfileError tells that no profile could be chosen.
type ProfileError struct {
	Name    string   // what was asked for; empty: nothing was, and the choice isn't clear
	Known   []string // all profiles, in the order of the file
	Path    string   // of the configuration
	Missing bool     // there is no configuration at all
}

// Error is `there is no profile "wrok"; known: work, home`.
func (e *ProfileError) Error() string {
	switch {
	case e.Missing:
		return "there is no configuration file " + text.Clean(e.Path)
	case len(e.Known) == 0:
		return "there is no profile in " + text.Clean(e.Path)
	case e.Name == "":
		return "which profile? (" + names(e.Known) + ")"
	}
	s := "there is no profile " + quote(e.Name) + "; known: " + names(e.Known)
	if m := text.Nearest(e.Name, e.Known); m != "" {
		s += "; did you mean " + quote(m) + "?"
	}
	return s
}

// An UnlistedError tells that no profile owns a target, or not under the user name that was asked for.
type UnlistedError struct {
	Target  helpers.Target
	Profile string // the only one that was looked at; empty: all
	Path    string // of the configuration
}

// Error is `https://git.example.com is no target of profile work`.
func (e *UnlistedError) Error() string {
	s := text.Clean(e.Target.String())
	if e.Profile != "" {
		return s + " is no target of profile " + text.Clean(e.Profile)
	}
	return s + " is no target of any profile"
}

// A SharedError tells that several profiles own a target and nothing decides.
type SharedError struct {
	Target   helpers.Target // as configured
	Profiles []string
	Path     string   // of the configuration
	Users    []string // of the profiles, for this target
	Tool     string   // that asks; empty: any
}

// Error is `https://git.example.com is a target of two profiles (work, two)`.
func (e *SharedError) Error() string {
	count := "two"
	if len(e.Profiles) > 2 {
		count = "several"
	}
	return text.Clean(e.Target.String()) + " is a target of " + count + " profiles (" + text.Clean(strings.Join(e.Profiles, ", ")) + ")"
}

// A UsernameError tells that the target is ours, and not for the user name that was asked for.
type UsernameError struct {
	Target   helpers.Target // as configured
	Asked    string
	Profile  string
	Username string // the profile's
	Path     string // of the configuration
}

// Error is `git asks https://git.example.com for the user bob, and profile work is ana`.
func (e *UsernameError) Error() string {
	return text.Clean(e.Target.String()) + " is for the user " + text.Clean(e.Username) + " (profile " + text.Clean(e.Profile) + "), and not for " + text.Clean(e.Asked)
}

// PathOf is what a key of the file means by a path. home may be empty, if it isn't known.
func (f *File) PathOf(written, home string) Path {
	return place{filepath.Dir(f.Path), Places{Home: home}}.path(written)
}

// Rival is another profile, of another domain, whose browser comes back to the same redirect_url as
// p's; nil: there is none. An answer there could be either domain's, and the one that lures the browser
// could get the other's code (RFC 9700 section 4.4).
func (f *File) Rival(p *Profile) *Profile {
	for _, q := range f.Profiles {
		if p.RedirectURL != "" && strings.EqualFold(q.RedirectURL, p.RedirectURL) && q.Domain != p.Domain {
			return q
		}
	}
	return nil
}

// Profile returns the profile of that name. The error is a *ProfileError.
func (f *File) Profile(name string) (*Profile, error) {
	if p := f.named(name); p != nil && name != "" {
		return p, nil
	}
	return nil, &ProfileError{Name: name, Known: f.Names(), Path: f.Path, Missing: f.Missing}
}

// Choose returns the profile that a person means who names none of the targets: the first of names
// that isn't empty (an operand, --profile, the variable), else the file's default, else its only
// profile. The error is a *ProfileError.
func (f *File) Choose(names ...string) (*Profile, error) {
	for _, name := range append(names, f.Default) {
		if name != "" {
			return f.Profile(name)
		}
	}
	if len(f.Profiles) == 1 {
		return f.Profiles[0], nil
	}
	return f.Profile("")
}

// A Query is who asks for a place, as far as it decides whose the place is.
type Query struct {
	Username string // that the client insists on; empty: none
	Profile  string // the only one that is looked at; empty: all
	Tool     string // by the name of a target's tools; empty: a person
}

// unnamed are the tools that can't say which profile is meant: there the file's default decides, else the
// tools that one of the profiles has for the target.
var unnamed = []string{"docker", "cargo", "bazel", "pip"}

type owner struct {
	profile *Profile
	target  *Target
}

// Owner returns the profile, and the target of it, to which a place belongs. Of the targets that cover
// the place, and are for the tool, the narrowest counts. If several profiles have that one, the user name
// decides: one that the file sets for exactly one of them. For tools that can name no profile the
// file's default decides, if it is one of them, else that the only one names the tool. A target whose user name the file doesn't set answers
// for any.
//
// The error is an *UnlistedError, a *SharedError, a *UsernameError, or for an unknown profile a
// *ProfileError.
func (f *File) Owner(place helpers.Target, q Query) (*Profile, *Target, error) {
	profiles := f.Profiles
	if q.Profile != "" {
		p, err := f.Profile(q.Profile)
		if err != nil {
			return nil, nil, err
		}
		profiles = []*Profile{p}
	}
	owners := narrowest(profiles, place, q.Tool)
	if len(owners) == 0 {
		return nil, nil, &UnlistedError{Target: place, Profile: q.Profile, Path: f.Path}
	}
	all := owners
	if q.Username != "" {
		named := slices.DeleteFunc(slices.Clone(owners), func(o owner) bool { return !o.target.Named || o.target.Username != q.Username })
		if owners = named; len(named) == 0 {
			owners = slices.DeleteFunc(slices.Clone(all), func(o owner) bool { return o.target.Named })
		}
		if len(owners) == 0 {
			o := all[0]
			return nil, nil, &UsernameError{Target: o.target.Target, Asked: q.Username, Profile: o.profile.Name, Username: o.target.Username, Path: f.Path}
		}
	}
	if len(owners) == 1 {
		return owners[0].profile, owners[0].target, nil
	}
	if slices.Contains(unnamed, q.Tool) {
		if o := f.preferred(owners); o != nil {
			return o.profile, o.target, nil
		}
	}
	e := &SharedError{Target: owners[0].target.Target, Tool: q.Tool, Path: f.Path}
	for _, o := range owners {
		e.Profiles, e.Users = append(e.Profiles, o.profile.Name), append(e.Users, o.target.Username)
	}
	return nil, nil, e
}

// preferred is the owner that the file prefers of several that are for a tool: the default, or the only one that
// names the tool; nil: it prefers none.
func (f *File) preferred(owners []owner) *owner {
	var naming []*owner
	for i := range owners {
		if owners[i].profile.Name == f.Default {
			return &owners[i]
		}
		if len(owners[i].target.Tools) > 0 {
			naming = append(naming, &owners[i])
		}
	}
	if len(naming) == 1 {
		return naming[0]
	}
	return nil
}

// narrowest are the owners of the narrowest target that covers a place and is for the tool.
func narrowest(profiles []*Profile, place helpers.Target, tool string) (owners []owner) {
	for _, p := range profiles {
		for i := range p.Targets {
			t := &p.Targets[i]
			if !t.Covers(place) || !t.For(tool) || len(owners) > 0 && owners[0].target.Narrower(t.Target) {
				continue
			}
			if len(owners) > 0 && t.Narrower(owners[0].target.Target) {
				owners = owners[:0]
			}
			owners = append(owners, owner{p, t})
		}
	}
	return owners
}
