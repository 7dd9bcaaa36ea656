package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

func loginVerb() *verb {
	return &verb{
		name:  "login",
		words: "[PROFILE] [--assertion|--password-stdin|--refresh-token-stdin]",
		about: "get the first tokens and store them",
		text: `
By the profile's login method, or the one named. A helper never logs in by
itself, but for the methods that need no person: assertion and
client_credentials.

  --assertion             sign a user assertion with the profile's key
  --password-stdin        read the password of the profile's username
  --refresh-token-stdin   take over a refresh token, bare or as the .tok file
                          of the Console; it is spent at once

Example:
  printf %s "$PASSWORD" | credential-idcs login work --password-stdin
`,
		run: runLogin,
	}
}

func runLogin(ctx context.Context, a *app, args []string) error {
	f := a.options(loginVerb())
	methods := map[string]*bool{
		config.Assertion:    f.Bool("assertion", false, ""),
		config.Password:     f.Bool("password-stdin", false, ""),
		config.RefreshToken: f.Bool("refresh-token-stdin", false, ""),
	}
	operands, err := a.parse(loginVerb(), f, args, 1)
	if err != nil {
		return helped(err)
	}
	method := ""
	for name, on := range methods {
		if *on && method != "" {
			return misuse("login: one method at a time", "credential-idcs help login")
		}
		if *on {
			method = name
		}
	}
	p, err := a.chosen(operand(operands))
	if err != nil {
		return err
	}
	e, err := a.engine(p)
	if err != nil {
		return err
	}
	r, err := a.login(ctx, e, method)
	if err != nil {
		return a.loginFailed(p, err)
	}
	a.warn(p, r.Warnings)
	if r.Token.Refresh.Empty() && p.Login != config.ClientCredentials {
		a.say("credential-idcs: profile " + p.Name + `: the domain gave no refresh token, so this login ends with its first token; ` +
			`an administrator must tick "Refresh token" at the client and "Allow token refresh" at the resource` + "\n")
	}
	a.say("credential-idcs: profile " + p.Name + ": logged in, the token is good until " +
		r.Token.AccessStamp.Expires().Local().Format("2006-01-02 15:04:05") + "\n")
	return nil
}

// login uses the method that was named, else the profile's.
func (a *app) login(ctx context.Context, e *engine.Engine, method string) (cache.Result, error) {
	p := e.Profile
	named := method != ""
	if !named {
		method = p.Login
	}
	if err := e.Needs(method); err != nil {
		return cache.Result{}, &helpers.Failure{Class: helpers.Profile, Message: "profile " + p.Name + ": no login by " + method + ", " + err.Error()}
	}
	switch method {
	case config.Assertion, config.ClientCredentials:
		return e.LoginAlone(ctx, method)
	case config.Password:
		if !named && !a.terminal(0) {
			return cache.Result{}, misuse("login: the password is read from stdin", "credential-idcs login "+p.Name+" --password-stdin")
		}
		password, err := a.secretFromStdin("the password")
		if err != nil {
			return cache.Result{}, err
		}
		return e.LoginPassword(ctx, password)
	case config.RefreshToken:
		if !named {
			return cache.Result{}, misuse("login: the refresh token is read from stdin", "credential-idcs login "+p.Name+" --refresh-token-stdin")
		}
		raw, err := a.secretFromStdin("the refresh token")
		if err != nil {
			return cache.Result{}, err
		}
		token, err := refreshTokenIn(raw)
		if err != nil {
			return cache.Result{}, err
		}
		return e.LoginRefreshToken(ctx, token)
	}
	return cache.Result{}, &helpers.Failure{
		Class:   helpers.Profile,
		Message: "profile " + p.Name + ": this version has no login by " + method,
		Command: "credential-idcs help login",
	}
}

// secretFromStdin reads a secret to the end of stdin. One final line break is no part of it.
func (a *app) secretFromStdin(what string) (secret.Text, error) {
	if a.terminal(0) {
		a.say("credential-idcs: waiting for " + what + " on stdin, Ctrl-D ends it\n")
	}
	b, err := io.ReadAll(io.LimitReader(a.stdin, helpers.InputLimit+1))
	if err != nil || len(b) > helpers.InputLimit {
		return secret.Text{}, &helpers.Failure{Class: helpers.Malformed, Message: what + " could not be read from stdin"}
	}
	b = bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
	if len(b) == 0 {
		return secret.Text{}, &helpers.Failure{Class: helpers.Malformed, Message: what + " on stdin is empty"}
	}
	return secret.New(string(b)), nil
}

// refreshTokenIn takes a bare token, or the file that the Console's "Generate access token" saves:
// {"app_access_token":…,"refresh_token":…}.
// https://docs.oracle.com/en-us/iaas/Content/MyServices/Tasks/usingoauth.htm
func refreshTokenIn(raw secret.Text) (secret.Text, error) {
	b := bytes.TrimSpace([]byte(raw.Reveal()))
	if len(b) == 0 || b[0] != '{' {
		if bytes.ContainsAny(b, " \t\r\n") {
			return secret.Text{}, &helpers.Failure{Class: helpers.Malformed, Message: "stdin holds more than one refresh token"}
		}
		return secret.New(string(b)), nil
	}
	var file struct {
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal(b, &file); err != nil || file.Refresh == "" {
		return secret.Text{}, &helpers.Failure{Class: helpers.Malformed, Message: `stdin holds JSON without a "refresh_token"`}
	}
	return secret.New(file.Refresh), nil
}

// loginFailed explains a login that brought no token.
func (a *app) loginFailed(p *config.Profile, err error) error {
	if _, ok := errors.AsType[*cache.SignalError](err); ok {
		return err
	}
	return explain(p.Name, err)
}

// helped ends a command whose help was asked for, and it was printed.
func helped(err error) error {
	if errors.Is(err, errHelp) {
		return nil
	}
	return err
}
