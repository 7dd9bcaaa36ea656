package config

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A ProfileError is returned if no profile could be chosen.
type ProfileError struct {
	Name    string   // the profile that doesn't exist; empty: none was named, and there are several
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
	near := text.Nearest(e.Name, e.Known)
	s := "there is no profile " + quote(e.Name)
	if near == "" && len(e.Name) > longestShown {
		s = "there is no profile of that name"
	}
	s += "; known: " + names(e.Known)
	if near != "" {
		s += "; did you mean " + quote(near) + "?"
	}
	return s
}

// longestShown is the longest unknown name that is repeated: a longer one may be a token, typed in its place.
const longestShown = 32

// An UnlistedError is returned if no profile owns a target.
type UnlistedError struct {
	Target  helpers.Target
	Profile string // the only one that was searched; empty: all
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

// A SharedError is returned if several profiles own a target and nothing decides between them.
type SharedError struct {
	Target   helpers.Target // as configured
	Profiles []string
	Path     string   // of the configuration
	Users    []string // of the profiles, for this target
	Tool     string   // of the Query
}

// Error is `https://git.example.com is a target of two profiles (work, two)`.
func (e *SharedError) Error() string {
	count := "two"
	if len(e.Profiles) > 2 {
		count = "several"
	}
	return text.Clean(e.Target.String()) + " is a target of " + count + " profiles (" + text.Clean(strings.Join(e.Profiles, ", ")) + ")"
}

// A UsernameError is returned if a profile owns the target, but not for the user name of the Query.
type UsernameError struct {
	Target   helpers.Target // as configured
	Asked    string         // the user name of the Query
	Profile  string
	Username string // the profile's
	Path     string // of the configuration
}

// Error is `https://git.example.com is for the user ana (profile work), and not for bob`.
func (e *UsernameError) Error() string {
	return text.Clean(e.Target.String()) + " is for the user " + text.Clean(e.Username) + " (profile " + text.Clean(e.Profile) + "), and not for " + text.Clean(e.Asked)
}

// PathOf is the Path of a key's value. home may be empty, if it isn't known.
func (f *File) PathOf(written, home string) Path {
	return place{filepath.Dir(f.Path), Places{Home: home}}.path(written)
}

// Rival is a profile of another domain with the same redirect_url as p; nil: there is none. An answer there could be
// from either domain, and a malicious one could get the other's code (RFC 9700 section 4.4).
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

// Choose returns the profile for a command or a call without a target: the first of names that isn't empty (an
// operand, --profile, the variable), else the file's default, else its only profile. The error is a *ProfileError.
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

// A Query has what decides between the owners of a place.
type Query struct {
	Username string // the user name that the client demands; empty: none
	Profile  string // the only one that is searched; empty: all
	Tool     string // by its name in a target's tools; empty: a person asks
}

// unnamed are the tools whose configuration can't name a profile; see preferred.
var unnamed = []string{"docker", "cargo", "bazel", "pip"}

type owner struct {
	profile *Profile
	target  *Target
}

// Owner returns the profile, and the target of it, to which a place belongs. Of the targets that cover the place, and
// are for the tool, the narrowest counts. If several profiles have that one, the user name decides, if the file sets
// it for exactly one of them; a target whose user name the file doesn't set is for any. For tools that can't name a
// profile, preferred decides.
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

// preferred is the one of several owners that belongs to the default profile, else the only one whose target has a
// list of tools; nil: there is none.
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
