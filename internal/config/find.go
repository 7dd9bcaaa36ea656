package config

import (
	"path/filepath"
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
		return "which profile? known: " + names(e.Known)
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

// A SharedError tells that several profiles own a target and no user name decides.
type SharedError struct {
	Target   helpers.Target // as configured
	Profiles []string
	Path     string // of the configuration
}

// Error names the profiles.
func (e *SharedError) Error() string {
	return text.Clean(e.Target.String()) + " belongs to several profiles, and no user name decides: " + names(e.Profiles)
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

// Owner returns the profile, and the target of it, to which a place belongs. Of the targets that cover
// the place the narrowest counts. If several profiles have that one, username decides. An owner
// that would answer with another username than the one asked for is none; an empty username asks for
// none. profile, if not empty, is the only profile that is looked at.
//
// The error is an *UnlistedError, a *SharedError, or for an unknown profile a *ProfileError.
func (f *File) Owner(place helpers.Target, username, profile string) (*Profile, *Target, error) {
	profiles := f.Profiles
	if profile != "" {
		p, err := f.Profile(profile)
		if err != nil {
			return nil, nil, err
		}
		profiles = []*Profile{p}
	}
	type owner struct {
		profile *Profile
		target  *Target
	}
	var owners []owner
	for _, p := range profiles {
		for i := range p.Targets {
			t := &p.Targets[i]
			if !t.Covers(place) {
				continue
			}
			if len(owners) > 0 && owners[0].target.Narrower(t.Target) {
				continue
			}
			if len(owners) > 0 && t.Narrower(owners[0].target.Target) {
				owners = owners[:0]
			}
			owners = append(owners, owner{p, t})
		}
	}
	if username != "" {
		for _, o := range owners {
			if o.target.Username == username { // one at most: Load sees to it
				return o.profile, o.target, nil
			}
		}
		return nil, nil, &UnlistedError{Target: place, Profile: profile, Path: f.Path}
	}
	switch len(owners) {
	case 0:
		return nil, nil, &UnlistedError{Target: place, Profile: profile, Path: f.Path}
	case 1:
		return owners[0].profile, owners[0].target, nil
	}
	e := &SharedError{Target: owners[0].target.Target, Path: f.Path}
	for _, o := range owners {
		e.Profiles = append(e.Profiles, o.profile.Name)
	}
	return nil, nil, e
}
