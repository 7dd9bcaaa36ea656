package people

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/doctor"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/signin"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/credential-idcs/credential-idcs/internal/wire"
)

// unsealable explains an error of a login. If the sealing key can't be had, waiting doesn't help, so its class is
// Profile.
func unsealable(p *config.Profile, err error) *helpers.Failure {
	f := call.Explain(p.Name, err)
	if _, ok := errors.AsType[*cache.SealedError](err); ok {
		f.Class = helpers.Profile
	}
	return f
}

// unready explains an error of a profile's own file or command.
func (a *app) unready(p *config.Profile, err error) error {
	if _, ok := errors.AsType[*cache.SignalError](err); ok {
		return err
	}
	return &helpers.Failure{Class: helpers.Config, Message: "profile " + p.Name + ": " + text.Clean(err.Error()), Command: call.Mend(p, err), Err: err}
}

// loginFailed explains a login that brought no token, with the setting that an administrator must change if the
// domain's answer tells it.
func (a *app) loginFailed(e *engine.Engine, in login, err error) error {
	for _, err := range []error{err, e.Cause()} {
		if signal, ok := errors.AsType[*cache.SignalError](err); ok {
			return signal
		}
	}
	f := unsealable(e.Profile, err)
	if advice := signin.Advice(e.Cause(), methods.Setup(e.Profile, in.method)); advice != "" {
		f.Message += "; " + advice
	}
	// refresh and doctor, which Explain advises, don't help before there was a login.
	if f.Class == helpers.Temporary || in.isPersons(e.Cause()) {
		f.Command = in.again(e.Profile.Name)
	}
	if wrong, ok := errors.AsType[*wire.ProxyError](e.Cause()); ok {
		f.Command = text.Set(wrong.Variable, wrong.Example())
	} else if wrong, ok := errors.AsType[*wire.TimeError](e.Cause()); ok {
		f.Command = doctor.Clock(wrong)
	} else if elsewhere(e.Cause()) || nowhere(e.Cause(), e.Profile.Domain) || noTLS(e.Cause()) {
		f.Message += "; is domain right in " + text.Clean(a.File.Path) + "?"
		f.Command = text.Edit(a.File.Path)
	}
	return f
}

// elsewhere reports whether an answer can't be an identity domain's, so that the address is another server's.
func elsewhere(err error) bool {
	e, ok := errors.AsType[*idcs.Error](err)
	if !ok || e.Code != "" {
		return false
	}
	switch e.Status {
	case 401, 403: // a domain may give it, too
		return false
	case 404, 405, 501: // at a refresh these may be an outage
		return true
	}
	return e.Class == idcs.ErrConfiguration
}

// nowhere reports whether the domain's name doesn't exist in DNS: at a login that is more often a mistake in the
// configuration than an outage.
func nowhere(err error, domain string) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound && strings.TrimPrefix(domain, "https://") == dns.Name
}

// noTLS reports a server that answered in another protocol.
func noTLS(err error) bool {
	_, ok := errors.AsType[tls.RecordHeaderError](err)
	return ok
}

// isPersons reports whether a login failed because of what the person typed or decided.
func (in login) isPersons(err error) bool {
	if refused, ok := errors.AsType[*idcs.Error](err); ok {
		return refused.Class == idcs.ErrLoginFailed || refused.Class == idcs.ErrSpent && in.method.Name == config.RefreshToken
	}
	return errors.Is(err, signin.ErrNoAnswer)
}

// again is the command that repeats this login, with its options.
func (in login) again(profile string) string {
	s := "credential-idcs login " + text.Word(profile)
	if in.named {
		s += " " + dashed(in.method.Flag)
	}
	if in.noBrowser {
		s += " --no-browser"
	}
	return s
}
