// Package helpertest runs helpers in tests: with a Source in memory, and from transcripts.
package helpertest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A Source is a configuration and its tokens in memory. It fulfils the contract of helpers.Source as far as helpers
// can see it.
type Source struct {
	Entries []Entry
	Default string // the profile of a Query without Target and Profile

	Queries  []helpers.Query // each one that Credential got
	Refusals []string        // each token that Refused got for a target of a profile
}

// An Entry is a target of a profile, and the token that it gets.
type Entry struct {
	helpers.Listed
	Token   string
	IDToken string           // of Kind ID; empty: the profile has none
	Expiry  time.Time        // as reported
	Failure *helpers.Failure // instead of a token
	Unready bool             // a person would have to log in
	Stale   bool             // nothing for a Query with CachedOnly
}

// Parse reads entries, a line each: the target, then any of profile=work user=oauth2 scheme=auto
// token=TOKEN id= expiry=1790000000 (Unix seconds) fails= (login, temporary, profile, internal,
// config) unready=yes stale=yes unattended=yes. A line "default NAME" sets Default.
func Parse(s string) (*Source, error) {
	src := new(Source)
	for line := range strings.Lines(s) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			continue
		case words[0] == "default":
			src.Default = words[1]
			continue
		}
		e := Entry{Token: "TOKEN", Expiry: time.Unix(1790000000, 0).UTC()}
		e.Owner = helpers.Owner{Profile: "work", Username: "oauth2", Scheme: "auto"}
		var err error
		if e.Target, err = helpers.ParseTarget(words[0]); err != nil {
			return nil, fmt.Errorf("%s: %w", words[0], err)
		}
		fails := ""
		for _, w := range words[1:] {
			key, value, _ := strings.Cut(w, "=")
			to, ok := map[string]*string{
				"profile": &e.Profile, "user": &e.Username, "scheme": &e.Scheme,
				"token": &e.Token, "id": &e.IDToken, "fails": &fails,
			}[key]
			switch {
			case ok:
				*to = value
				e.Named = e.Named || key == "user"
			case key == "unready":
				e.Unready = true
			case key == "stale":
				e.Stale = true
			case key == "unattended":
				e.Unattended = true
			case key == "expiry":
				var n int64
				if _, err := fmt.Sscan(value, &n); err != nil {
					return nil, err
				}
				e.Expiry = time.Unix(n, 0).UTC()
			default:
				return nil, fmt.Errorf("unknown word %q", w)
			}
		}
		if fails != "" {
			if e.Failure = failure(fails, e.Profile); e.Failure == nil {
				return nil, fmt.Errorf("unknown failure %q", fails)
			}
		}
		src.Entries = append(src.Entries, e)
	}
	return src, nil
}

// failure makes a failure of a class. Its text is no message of the program: those are tested where they are made.
func failure(word, profile string) *helpers.Failure {
	f := &helpers.Failure{Message: "profile " + profile + ": "}
	switch word {
	case "login":
		f.Class = helpers.LoginNeeded
		f.Message += "no token"
		f.Command = "mend " + profile
	case "temporary":
		f.Class = helpers.Temporary
		f.Message += "no token now"
	case "profile":
		f.Class = helpers.Profile
		f.Message += "its settings are wrong"
		f.Command = "mend key"
	case "internal":
		f.Class = helpers.Internal
		f.Message += "an accident"
	case "config":
		f.Class = helpers.Config
		f.Message = `config.toml has no profile "` + profile + `"`
	default:
		return nil
	}
	return f
}

// find is the entry for a Query.
func (s *Source) find(query helpers.Query) (Entry, error) {
	var found []Entry
	profile := query.Profile
	if query.Target.IsZero() && profile == "" && query.Sole && slices.ContainsFunc(s.Entries, func(e Entry) bool { return e.Profile != s.Entries[0].Profile }) {
		return Entry{}, &helpers.Failure{Class: helpers.Config, Message: "which profile?"}
	}
	if query.Target.IsZero() && profile == "" {
		profile = s.Default
	}
	for _, e := range s.Entries {
		switch {
		case profile != "" && e.Profile != profile,
			query.Target.IsZero() && profile == "",
			query.Username != "" && e.Named && e.Username != query.Username,
			!query.Target.IsZero() && !e.Target.Covers(query.Target):
			continue
		case len(found) > 0 && e.Target.Narrower(found[0].Target):
			found = nil
		case len(found) > 0 && found[0].Target.Narrower(e.Target):
			continue
		}
		found = append(found, e)
	}
	switch {
	case len(found) == 0:
		return Entry{}, &helpers.Failure{Class: helpers.NotConfigured, Message: "not a target of any profile"}
	case !query.Target.IsZero() && len(found) > 1:
		return Entry{}, &helpers.Failure{
			Class:   helpers.Profile,
			Message: found[0].Target.String() + " is a target of profiles " + found[0].Profile + " and " + found[1].Profile,
		}
	}
	return found[0], nil
}

// Credential answers with the entry's token, or its failure.
func (s *Source) Credential(_ context.Context, query helpers.Query) (helpers.Credential, error) {
	s.Queries = append(s.Queries, query)
	e, err := s.find(query)
	if err != nil {
		return helpers.Credential{}, err
	}
	if e.Failure != nil {
		return helpers.Credential{}, e.Failure
	}
	if query.CachedOnly && e.Stale {
		return helpers.Credential{}, &helpers.Failure{Class: helpers.Temporary, Message: "profile " + e.Profile + ": no fresh token is stored"}
	}
	token := e.Token
	if query.Kind == helpers.ID {
		token = e.IDToken
	}
	return helpers.Credential{Owner: e.Owner, Secret: secret.New(token), Expiry: e.Expiry}, nil
}

// Owner answers from the entries alone.
func (s *Source) Owner(query helpers.Query) (helpers.Owner, error) {
	e, err := s.find(query)
	return e.Owner, err
}

// Refused remembers what was refused.
func (s *Source) Refused(_ context.Context, query helpers.Query, access secret.Text) error {
	if _, err := s.find(query); err != nil {
		return err
	}
	s.Refusals = append(s.Refusals, access.Reveal())
	return nil
}

// Targets lists the entries.
func (s *Source) Targets() ([]helpers.Listed, error) {
	var l []helpers.Listed
	for _, e := range s.Entries {
		l = append(l, e.Listed)
	}
	return l, nil
}

// Ready reports whether no entry of the profile is unready.
func (s *Source) Ready(profile string) bool {
	for _, e := range s.Entries {
		if e.Profile == profile && e.Unready {
			return false
		}
	}
	return true
}
