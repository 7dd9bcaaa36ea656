package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/fleet"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/signin"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

func loginVerb() *verb {
	return &verb{
		name: "login", words: "PROFILE --config FILE [--browser|--device|--password-stdin|--refresh-token-stdin] [--no-browser]",
		about: "log in where the profile's login needs a person",
		text: `
By the profile's login method, or the one named, as credential-idcs does. What
comes back goes into the profile's state Secret, by the rights of your kubeconfig.

  --config FILE           config.toml with [[publish]] tables
  --namespace NS          where the controller runs (credential-idcs)
  --kubeconfig FILE       else KUBECONFIG, else ~/.kube/config
  --browser, --device, --assertion
  --password-stdin        read the password of the profile's username
  --refresh-token-stdin   take over a refresh token; it is spent at once
  --no-browser            print the address instead of opening it
`,
		run: runLogin,
	}
}

// loginLimit is how long the domain may take to answer a login.
const loginLimit = 45 * time.Second

// An errand is a person's command about one profile.
type errand struct {
	*app
	profile *config.Profile
	renewer *renewer
	keeper  *fleet.Keeper
}

// errand reads the configuration, finds the profile and connects to the cluster.
func (a *app) errand(operands []string, verb string) (*errand, error) {
	file, published, err := a.load()
	if err != nil {
		return nil, err
	}
	if len(operands) == 0 {
		return nil, misuse(verb+": which profile?", "credential-idcs-controller "+verb+" --help")
	}
	p, err := file.Profile(operands[0])
	if err != nil {
		return nil, mistake(err)
	}
	if !slices.Contains(profiles(file, published), p) {
		return nil, &failure{status: exitConfiguration, message: "no [[publish]] uses profile " + p.Name}
	}
	c, err := a.cluster(false)
	if err != nil {
		return nil, err
	}
	api, err := connect(c)
	if err != nil {
		return nil, err
	}
	r := a.renewer(p)
	_, own := parts(p, published)
	host, _ := os.Hostname()
	return &errand{app: a, profile: p, renewer: r, keeper: &fleet.Keeper{
		Profile: p.Name, Identity: a.identity(p), Holder: holder("login-"+host, a.Rand),
		Store:   &fleet.SecretStore{Secrets: api.state.Secrets(a.space()), Profile: p.Name},
		Renewal: r.renewal(own), Clock: fleet.SystemClock(), Spread: rand.Float64,
		Fence: func(fleet.Stamp) bool { return true }, Stopping: func() bool { return false },
		Log: discard(), Done: func(string) {},
	}}, nil
}

func runLogin(ctx context.Context, a *app, args []string) error {
	f := a.options(loginVerb())
	f.StringVar(&a.kubeconfig, "kubeconfig", "", "")
	chosen := map[*methods.Method]*bool{}
	for _, m := range methods.All {
		if m.Flag != "" {
			chosen[m] = f.Bool(strings.TrimPrefix(m.Flag, "--"), false, "")
		}
	}
	noBrowser := f.Bool("no-browser", false, "")
	operands, err := a.parse(f, args, 1)
	if err != nil {
		return err
	}
	var method *methods.Method
	for m, on := range chosen {
		if *on && method != nil {
			return misuse("login: one method at a time", "credential-idcs-controller login --help")
		}
		if *on {
			method = m
		}
	}
	named := method != nil
	e, err := a.errand(operands, "login")
	if err != nil {
		return err
	}
	switch {
	case named:
	case e.profile.Login == config.OCILogin:
		return &failure{status: exitConfiguration, message: "profile " + e.profile.Name + ": an OCI principal needs no login"}
	default:
		method = methods.Named(e.profile.Login)
	}
	if lack := method.Missing(e.profile); lack != nil {
		return &failure{status: exitConfiguration, message: "profile " + e.profile.Name + ": no login by " + method.Name + ", which needs " + lack.How}
	}
	if method.Name == config.RefreshToken && !named {
		return misuse("login: the refresh token is read from stdin", "credential-idcs-controller login "+text.Word(e.profile.Name)+" --refresh-token-stdin")
	}
	if err := e.login(ctx, method, named, *noBrowser); err != nil {
		err = e.failed(err)
		if f, ok := errors.AsType[*failure](err); ok && !f.silent {
			if advice := signin.Advice(e.renewer.cause, methods.Setup(e.profile, method)); advice != "" {
				f.message += "; " + advice
			}
		}
		return err
	}
	a.say("profile " + e.profile.Name + ": logged in, the controller does the rest")
	return nil
}

// login gets the first tokens by a method and stores them.
func (e *errand) login(ctx context.Context, method *methods.Method, named, noBrowser bool) error {
	e.renewer.person = true
	switch method.Name {
	case config.Browser:
		return e.browser(ctx, noBrowser)
	case config.Device:
		return e.device(ctx)
	case config.RefreshToken:
		token, err := e.refreshToken()
		if err != nil {
			return err
		}
		return e.keeper.Exchange(ctx, token)
	}
	grant := func() (idcs.Grant, error) { return method.Grant(e.renewer.machine, e.profile) }
	if method.Name == config.Password {
		password, err := e.password(ctx, named)
		if err != nil {
			return err
		}
		grant = func() (idcs.Grant, error) {
			return idcs.Password{Username: e.profile.Username, Password: password, Scope: e.profile.LoginScope()}, nil
		}
	}
	return e.keeper.Login(ctx, func(ctx context.Context, a fleet.Attempt) (fleet.Answer, *fleet.Refusal) {
		ctx, cancel := context.WithTimeout(ctx, loginLimit)
		defer cancel()
		return e.renewer.ask(ctx, a, grant)
	})
}

func (e *errand) browser(ctx context.Context, noBrowser bool) error {
	back := signin.Return{RedirectURL: e.profile.RedirectURL, Listen: e.profile.Listen}
	var visit *signin.Visit
	err := e.keeper.Login(ctx, func(ctx context.Context, a fleet.Attempt) (fleet.Answer, *fleet.Refusal) {
		c, err := e.renewer.client(ctx, a)
		if err != nil {
			return fleet.Answer{}, e.renewer.refuse(a, err)
		}
		visit, err = signin.Browser(ctx, e.person(noBrowser), c, e.profile.LoginScope(), back)
		if err != nil {
			return fleet.Answer{}, e.renewer.refusePerson(a, err)
		}
		ctx, cancel := context.WithTimeout(ctx, loginLimit)
		defer cancel()
		answer, err := e.renewer.send(ctx, c, a, visit.Grant)
		if err == nil {
			err = visit.Check(answer)
		}
		if err != nil {
			return fleet.Answer{}, e.renewer.refusePerson(a, err)
		}
		return taken(answer), nil
	})
	visit.Close(err)
	return err
}

func (e *errand) device(ctx context.Context) error {
	return e.keeper.Login(ctx, func(ctx context.Context, a fleet.Attempt) (fleet.Answer, *fleet.Refusal) {
		c, err := e.renewer.client(ctx, a)
		if err != nil {
			return fleet.Answer{}, e.renewer.refuse(a, err)
		}
		answer, err := signin.Device(ctx, e.person(true), c, e.profile.LoginScope(), func(ctx context.Context, g idcs.Grant) (idcs.Answer, error) {
			ctx, cancel := context.WithTimeout(ctx, loginLimit)
			defer cancel()
			return e.renewer.send(ctx, c, a, g)
		})
		if err != nil {
			return fleet.Answer{}, e.renewer.refusePerson(a, err)
		}
		return taken(answer), nil
	})
}

// failed is an error of a person's command as it is printed.
func (e *errand) failed(err error) error {
	name := e.profile.Name
	switch {
	case errors.Is(err, fleet.ErrMissing):
		return &failure{
			status: exitConfiguration, message: err.Error() + " in namespace " + e.space(),
			command: "credential-idcs-controller manifests --secrets --config " + text.Word(e.config) + " --namespace " + text.Word(e.space()) + " | kubectl create -f -",
			err:     err,
		}
	case errors.Is(err, fleet.ErrBusy):
		return &failure{status: exitLater, message: "profile " + name + ": " + err.Error(), err: err}
	}
	for _, err := range []error{err, e.renewer.cause} {
		if f, ok := errors.AsType[*failure](err); ok { // what was typed, or a signal
			return f
		}
	}
	status := exitFailure
	if refused, ok := errors.AsType[*fleet.Failure](err); ok {
		switch refused.Class {
		case policy.Configured:
			status = exitConfiguration
		case policy.Later:
			status = exitLater
		}
	}
	return &failure{status: status, message: "profile " + name + ": " + text.Clean(err.Error()), err: err}
}
