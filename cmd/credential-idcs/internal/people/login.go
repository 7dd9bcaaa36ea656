package people

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/doctor"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/signin"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

func loginVerb() *verb {
	v := &verb{
		name:  "login",
		usage: "[PROFILE] [--no-browser]" + flags(),
		about: "get the first tokens and store them",
		text: `
By the profile's login method, or the one named. A helper never logs in by
itself, but for the methods that need no person:
` + alone() + `.
`,
		rest: `
Example:
  printf %s "$PASSWORD" | credential-idcs login work --password-stdin
`,
		limit: 1, follows: aProfile,
	}
	named := map[*methods.Method]*bool{}
	for _, m := range methodsWithFlag() {
		named[m] = v.switched(m.Flag, m.About)
	}
	noBrowser := v.switched("no-browser", "print the address instead of opening it; the address that the browser ends at may be pasted here, as it may where no browser can be opened")
	v.run = func(ctx context.Context, a *app, operands []string) error {
		in := login{noBrowser: *noBrowser}
		for m, on := range named {
			if *on && in.named {
				return misuse("login: one method at a time", "credential-idcs help login")
			}
			if *on {
				in.method, in.named = m, true
			}
		}
		return a.logIn(ctx, operand(operands), in)
	}
	return v
}

// flags are the options that name a method, for the usage, in lines of at most 79 letters.
func flags() string {
	s, line := "", "\n       ["
	for i, m := range methodsWithFlag() {
		word := dashed(m.Flag)
		if i > 0 {
			word = "|" + word
		}
		if len(line)+len(word) > 79 {
			s, line = s+line, "\n        "
		}
		line += word
	}
	return s + line + "]"
}

func methodsWithFlag() (list []*methods.Method) {
	for _, m := range methods.All {
		if m.Flag != "" {
			list = append(list, m)
		}
	}
	return list
}

// alone are the names of the methods that need no person: "a, b and c".
func alone() string {
	var names []string
	for _, m := range methods.All {
		if m.Alone {
			names = append(names, m.Name)
		}
	}
	return text.List(names, "and")
}

// logIn logs a profile in and prints the result.
func (a *app) logIn(ctx context.Context, profile string, in login) error {
	p, err := a.chosen(profile)
	if err != nil {
		return err
	}
	if p.Login == config.OCILogin {
		return a.logInOCI(ctx, p, in)
	}
	e, err := a.engine(p)
	if err != nil {
		return err
	}
	if !in.named {
		in.method = methods.Named(p.Login)
	}
	if q := a.File.Rival(p); in.method.Redirects && q != nil {
		return &helpers.Failure{Class: helpers.Config, Message: "profile " + p.Name + ": " + text.Clean(doctor.SharedRedirect(p, q)), Command: text.Edit(a.File.Path)}
	}
	if err := a.sealable(e); err != nil {
		return err
	}
	if err := e.Prepare(ctx); err != nil {
		return a.unready(p, err)
	}
	r, err := a.login(ctx, e, in)
	if err != nil {
		return a.loginFailed(e, in, err)
	}
	a.Warn(p, r.Warnings)
	if r.Token.Refresh.Empty() && !in.method.Machine {
		a.Say("credential-idcs: profile " + p.Name + ": the domain sent no refresh token, so this login ends with its first token; " +
			signin.Advice(signin.ErrNoRefresh, methods.Setup(p, in.method)) + "\n")
	}
	a.Say("credential-idcs: profile " + p.Name + ": logged in" + as(p, engine.SubjectOf(r.Token)) + ", the token is good until " + until(r) + "\n")
	return nil
}

// sealable checks before a login that the new tokens can be sealed as configured. The keyring may ask for its
// password.
func (a *app) sealable(e *engine.Engine) error {
	done := a.alive("asking the keyring")
	err := e.Unlock()
	if sealed, ok := errors.AsType[*cache.SealedError](err); ok && sealed.Lost {
		err = nil // the login makes a new key
	}
	if err == nil {
		err = e.Sealing(true)
	}
	done()
	if err == nil {
		return nil
	}
	return unsealable(e.Profile, err)
}

// as is " as USER" if a token's user isn't the profile's user name, else empty. The subject of a client's own token is
// the client, which is no user.
func as(p *config.Profile, subject string) string {
	switch {
	case subject == "" || subject == p.ClientID || strings.EqualFold(subject, p.Username):
		return ""
	case p.HasUsername():
		return " as " + subject + ", while username is " + p.Username
	}
	return " as " + subject
}

// until is when the token of a result expires, in local time, for people.
func until(r cache.Result) string {
	return r.Token.AccessStamp.Expires().Local().Format("2006-01-02 15:04:05")
}

// A login has the options of the command line.
type login struct {
	method    *methods.Method
	named     bool // method is from an option, not from the profile
	noBrowser bool
}

func (a *app) login(ctx context.Context, e *engine.Engine, in login) (cache.Result, error) {
	p := e.Profile
	if lack := in.method.Missing(p); lack != nil {
		return cache.Result{}, &helpers.Failure{Class: helpers.Profile, Message: "profile " + p.Name + ": no login by " + in.method.Name + ", which needs " + lack.How, Command: text.Edit(a.File.Path)}
	}
	switch in.method.Name {
	case config.Browser:
		return e.LoginBrowser(ctx, a.person(p, in.noBrowser))
	case config.Device:
		return e.LoginDevice(ctx, a.person(p, true))
	case config.Password:
		password, err := a.password(ctx, p, in)
		if err != nil {
			return cache.Result{}, err
		}
		defer a.alive("asking " + p.Domain)()
		return e.LoginPassword(ctx, password)
	case config.RefreshToken:
		if !in.named {
			return cache.Result{}, misuse("login: the refresh token is read from stdin", "credential-idcs login "+text.Word(p.Name)+" --refresh-token-stdin")
		}
		token, err := a.refreshToken(in.again(p.Name))
		if err != nil {
			return cache.Result{}, err
		}
		defer a.alive("asking " + p.Domain)()
		return e.LoginRefreshToken(ctx, token)
	}
	defer a.alive("asking " + p.Domain)()
	return e.LoginAlone(ctx, in.method.Name)
}

// person is the person who logs in at this terminal.
func (a *app) person(p *config.Profile, noBrowser bool) signin.Person {
	who := signin.At(a.Process, p.Name, noBrowser, a.SecretVariables())
	who.Guard = untilSignal
	return who
}

// password asks for the password without echo if stdin is a terminal. Else it reads stdin, but only with the option
// for that: a script that forgot to redirect stdin would hang, or send something else.
func (a *app) password(ctx context.Context, p *config.Profile, in login) (secret.Text, error) {
	f, ok := a.Stdin.(*os.File)
	if !ok || !in.named && !a.Terminal(0) {
		return secret.Text{}, misuse("login: the password is read from stdin", "credential-idcs login "+text.Word(p.Name)+" --password-stdin")
	}
	t, err := a.hidden(ctx, f, "Password of "+p.Username)
	if err == nil {
		return t, nil
	}
	if failure, ok := errors.AsType[*helpers.Failure](err); ok {
		failure.Command = in.again(p.Name)
	}
	return secret.Text{}, err
}

// hidden asks a question and reads the answer without echo.
func (a *app) hidden(ctx context.Context, stdin *os.File, question string) (secret.Text, error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	t, err := signin.Password(ctx, stdin, a.Stderr, question)
	if _, ok := errors.AsType[*cache.SignalError](err); err == nil || ok {
		return t, err
	}
	return secret.Text{}, &helpers.Failure{Class: helpers.Malformed, Message: err.Error(), Err: err}
}

func (a *app) refreshToken(again string) (secret.Text, error) {
	if a.Terminal(0) {
		a.Say("credential-idcs: waiting for the refresh token on stdin, Ctrl-D ends it\n")
	}
	token, err := signin.RefreshToken(a.Stdin)
	if err != nil {
		return token, &helpers.Failure{Class: helpers.Config, Message: err.Error(), Command: again}
	}
	return token, nil
}
