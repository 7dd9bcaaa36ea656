package people

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/newprofile"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/signin"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// An interview asks a person for what the options left open, one line a question, on stderr. After a wrong answer it
// prints the reason and asks again.
type interview struct {
	in     *bufio.Reader
	app    *app
	file   *config.File
	draft  *newprofile.Profile
	secret secret.Text // typed, and not in its file yet
	err    error       // the first failure; then nothing more is asked
}

// interview fills in the draft. The result is the client secret, if the person typed one: the caller writes it into
// the draft's SecretFile, which doesn't exist yet.
func (a *app) interview(ctx context.Context, file *config.File, d *newprofile.Profile) (secret.Text, error) {
	i := &interview{in: bufio.NewReader(a.Stdin), app: a, file: file, draft: d}
	a.Say("Press Enter to accept the value in [brackets]. Nothing is written until the last answer; Ctrl-C quits.\n\n")
	i.ask(&d.Name, "Name of the profile", usualName, func(s *string) error {
		if _, err := file.Profile(*s); err == nil {
			return errors.New("there is a profile of that name already")
		}
		if strings.ContainsAny(*s, "/:") { // somebody is an answer ahead
			return errors.New("please answer a short name such as work; the domain is asked for next")
		}
		return nil
	})
	i.ask(&d.Domain, "Domain URL, as the Console shows it on the domain's page", "", func(s *string) error {
		https(s)
		_, err := idcs.ParseDomain(*s)
		return err
	})
	i.ask(&d.ClientID, "Client ID of the application", "", nil)
	i.choose(&d.Login, "Login", config.Browser, config.LoginNames())
	if m := methods.Named(d.Login); m != nil {
		i.proof(ctx, d, m)
		for _, q := range m.Ask {
			usual := q.Usual
			if q.Key == "redirect_url" {
				usual = usualRedirect(file, d.Domain)
			}
			i.ask(d.Field(q.Key), q.Text, usual, nil)
		}
	}
	i.ask(&d.Scope, "Scope", usualScope, nil)
	i.targets(d)
	return i.secret, i.err
}

// choose asks for one of a list.
func (i *interview) choose(to *string, question, usual string, list []string) {
	i.ask(to, question+" ("+strings.Join(list, ", ")+")", usual, func(s *string) error {
		if !slices.Contains(list, *s) {
			return errors.New("please answer " + text.List(list, "or"))
		}
		return nil
	})
}

// https completes an address that was copied without its scheme.
func https(s *string) {
	if *s != "" && !strings.Contains(*s, "://") {
		*s = "https://" + *s
	}
}

// proof asks how the client authenticates, unless an option says it.
func (i *interview) proof(ctx context.Context, d *newprofile.Profile, m *methods.Method) {
	if d.SecretFile+d.SecretEnv+d.KeyFile != "" {
		return
	}
	usual := m.Proofs[0]
	if slices.Contains(m.Proofs, "none") {
		usual = "none"
	}
	kind := usual
	if len(m.Proofs) > 1 {
		kind = ""
		question := "Client authentication"
		if usual == "none" {
			question += ", none for a Mobile Application"
		}
		i.choose(&kind, question, usual, m.Proofs)
	}
	switch kind {
	case "secret":
		i.clientSecret(ctx, d)
	case "key":
		i.ask(&d.KeyFile, "File with the key, beside the configuration", "client-key.pem", nil)
		if d.CertFile == "" {
			i.ask(&d.KeyID, "Alias of its certificate in the domain", "", nil)
		}
	}
}

// clientSecret asks for the secret and chooses the file for it. It doesn't ask for the file's name: people typed the
// secret there, where it is shown. An existing file is never overwritten.
func (i *interview) clientSecret(ctx context.Context, d *newprofile.Profile) {
	if i.err != nil {
		return
	}
	const usual = "client.secret"
	question := "Client secret (not shown; press Enter to save it later yourself)"
	if i.exists(usual) {
		question = "Client secret (not shown; press Enter to use the one in " + usual + ")"
	}
	d.SecretFile = usual
	stdin, ok := i.app.Stdin.(*os.File)
	if !ok || i.in.Buffered() > 0 { // no terminal; or several answers were pasted at once, and are on the screen already
		s, _ := i.line(question, "")
		i.secret = secret.New(s)
	} else if i.secret, i.err = i.app.hidden(ctx, stdin, question); errors.Is(i.err, signin.ErrNoPassword) {
		i.err = nil
	}
	if i.secret.Empty() {
		return
	}
	for n := 2; i.exists(d.SecretFile); n++ {
		d.SecretFile = "client" + strconv.Itoa(n) + ".secret"
	}
}

// exists reports whether there is a file of that name beside the configuration.
func (i *interview) exists(name string) bool {
	_, err := os.Stat(i.file.PathOf(name, i.app.Home()).Full)
	return !errors.Is(err, fs.ErrNotExist)
}

// targets asks until an empty answer, at least once.
func (i *interview) targets(d *newprofile.Profile) {
	for i.err == nil && len(d.Targets) == 0 {
		for i.err == nil {
			question := "Target, such as https://git.example.com"
			if len(d.Targets) > 0 {
				question = "Another target (Enter to finish)"
			}
			s, ok := i.line(question, "")
			if !ok || s == "" {
				break
			}
			https(&s)
			t, err := helpers.ParseTarget(s)
			if d.Targets = append(d.Targets, newprofile.Target{URL: s}); err == nil {
				err = i.check()
			}
			if err == nil {
				err = i.served(t)
			}
			if err != nil {
				i.app.Say("\t" + text.Clean(err.Error()) + "\n")
				d.Targets = d.Targets[:len(d.Targets)-1]
				continue
			}
			i.tools(t, &d.Targets[len(d.Targets)-1])
		}
	}
}

// served is why a server of Oracle's accepts none of the profile's tokens, or nil.
func (i *interview) served(t helpers.Target) error {
	p := &config.Profile{Name: i.draft.Name}
	if i.draft.Principal != "" {
		p.OCI = &config.OCI{}
	}
	return call.Unserved(p, &config.Target{Target: t, Kind: config.KindOf(t)})
}

// tools asks which tools a target is for, unless its kind decides that.
func (i *interview) tools(t helpers.Target, to *newprofile.Target) {
	if config.KindOf(t) != config.KindToken {
		return
	}
	usual := tool.Guess(t)
	if usual == "" {
		usual = "all"
	}
	answer := ""
	i.ask(&answer, "Tools that use it, such as git,go; or all", usual, func(s *string) (err error) {
		if *s != "all" {
			to.Tools, err = toolsOf(*s)
		}
		return err
	})
}

// ask fills in *to, unless an option has. usual is the answer that Enter means; if it is empty, an answer is required.
// check may complete the answer.
func (i *interview) ask(to *string, question, usual string, check func(*string) error) {
	for i.err == nil && *to == "" {
		s, ok := i.line(question, usual)
		if !ok {
			return
		}
		if s == "" {
			s = usual
		}
		var err error
		switch {
		case s == "":
			err = errors.New("it can't be left out")
		case check != nil:
			err = check(&s)
		}
		if err == nil {
			*to = s
			err = i.check()
		}
		if err != nil {
			i.app.Say("\t" + text.Clean(err.Error()) + "\n")
			*to = ""
		}
	}
}

// check checks the draft after each answer, so that a wrong one is reported at once and not after the last.
func (i *interview) check() error {
	err := i.draft.Check(i.file.Path, i.app.Home())
	if mistake, ok := errors.AsType[*config.Error](err); ok {
		return errors.New(mistake.Reason)
	}
	return err
}

// line asks one question and returns the answer without the space around it; false at the end of the input.
func (i *interview) line(question, usual string) (string, bool) {
	if usual != "" {
		question += " [" + usual + "]"
	}
	i.app.Say(question + ": ")
	s, err := i.in.ReadString('\n')
	if err != nil {
		i.app.Say("\n")
		i.err = &helpers.Failure{Class: helpers.Malformed, Message: "init: stopped before the last answer, nothing was written"}
		return "", false
	}
	return strings.TrimSpace(s), true
}
