package main

import (
	"bufio"
	"errors"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/draft"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// An interview asks a person for what the options left open, one line a question, on stderr. An
// answer that can't be is asked for again at once, with the reason.
type interview struct {
	in  *bufio.Reader
	app *app
	err error // the first failure; then nothing more is asked
}

func (a *app) interview(file *config.File, d *draft.Draft) error {
	i := &interview{in: bufio.NewReader(a.stdin), app: a}
	i.ask(&d.Name, "Name of the profile", usualName, func(s string) error {
		if _, err := file.Profile(s); err == nil {
			return errors.New("there is a profile of that name already")
		}
		return nil
	})
	i.ask(&d.Domain, "Domain URL, from the Console", "", func(s string) error {
		_, err := idcs.ParseDomain(s)
		return err
	})
	i.ask(&d.ClientID, "Client ID of the application", "", nil)
	i.ask(&d.Login, "Login ("+strings.Join(logins, ", ")+")", config.Browser, func(s string) error {
		if !isLogin(s) {
			return errors.New("it must be one of those in the brackets")
		}
		return nil
	})
	i.proof(d)
	switch d.Login {
	case config.Browser:
		i.ask(&d.RedirectURL, "Redirect URL, as registered in the application", usualRedirect, nil)
	case config.Assertion:
		i.ask(&d.Subject, "User whom the key signs for", "", nil)
	case config.Password:
		i.ask(&d.Username, "User name at the domain", "", nil)
	}
	i.ask(&d.Scope, "Scope", usualScope, nil)
	i.targets(d)
	return i.err
}

// proof asks how the client proves itself, unless an option says it.
func (i *interview) proof(d *draft.Draft) {
	if d.SecretFile+d.SecretEnv+d.KeyFile != "" {
		return
	}
	kinds := []string{"secret", "key", "none"}
	switch d.Login {
	case config.Assertion:
		kinds = []string{"key"} // the user's assertion needs one anyway
	case config.ClientCredentials, config.Password:
		kinds = []string{"secret", "key"} // the domain gives these to no public client
	}
	kind := kinds[0]
	if len(kinds) > 1 {
		kind = ""
		i.ask(&kind, "How the client proves itself ("+strings.Join(kinds, ", ")+")", kinds[len(kinds)-1], func(s string) error {
			for _, k := range kinds {
				if s == k {
					return nil
				}
			}
			return errors.New("it must be one of those in the brackets")
		})
	}
	switch kind {
	case "secret":
		i.ask(&d.SecretFile, "File with the Client secret, beside the configuration", "client.secret", nil)
	case "key":
		i.ask(&d.KeyFile, "File with the key, beside the configuration", "client-key.pem", nil)
		if d.CertFile == "" {
			i.ask(&d.KeyID, "Alias of its certificate in the domain", "", nil)
		}
	}
}

// targets asks until an empty answer, at least once.
func (i *interview) targets(d *draft.Draft) {
	for i.err == nil && len(d.Targets) == 0 {
		for i.err == nil {
			question := "Target, such as https://git.example.com"
			if len(d.Targets) > 0 {
				question = "Another one (empty: that is all)"
			}
			s, ok := i.line(question, "")
			if !ok || s == "" {
				break
			}
			if _, err := helpers.ParseTarget(s); err != nil {
				i.app.say("\t" + text.Clean(err.Error()) + "\n")
				continue
			}
			d.Targets = append(d.Targets, s)
		}
	}
}

// ask fills in *to unless an option has. usual is what an empty answer means; empty: there is no
// usual one, and it is asked again.
func (i *interview) ask(to *string, question, usual string, check func(string) error) {
	for i.err == nil && *to == "" {
		s, ok := i.line(question, usual)
		if !ok {
			return
		}
		if s == "" {
			s = usual
		}
		if s != "" && check != nil {
			if err := check(s); err != nil {
				i.app.say("\t" + text.Clean(err.Error()) + "\n")
				continue
			}
		}
		*to = s
	}
}

// line is an answer without the space around it. The end of the input is none.
func (i *interview) line(question, usual string) (string, bool) {
	if usual != "" {
		question += " [" + usual + "]"
	}
	i.app.say(question + ": ")
	s, err := i.in.ReadString('\n')
	if err != nil {
		i.app.say("\n")
		i.err = &helpers.Failure{Class: helpers.Malformed, Message: "init: stopped before the last answer, nothing was written"}
		return "", false
	}
	return strings.TrimSpace(s), true
}
