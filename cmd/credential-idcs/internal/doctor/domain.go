package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/credential-idcs/credential-idcs/internal/wire"
)

// The differences between the domain's clock and ours that matter: assertions are refused from about
// a minute on, and some seconds are what a machine without time service gathers in a week.
const (
	clockWrong = 60 * time.Second
	clockOff   = 5 * time.Second
)

// domain checks whether the domain accepts the client, and compares the clocks.
func (d *Doctor) domain(ctx context.Context, p *config.Profile, e *engine.Engine) {
	d.check = "domain"
	way, err := d.way(p)
	if err != nil {
		command := text.Set("HTTPS_PROXY", "http://HOST:PORT")
		if wrong, ok := err.(*wire.ProxyError); ok { //nolint:errorlint // what is around one may quote a password
			command = text.Set(wrong.Variable, wrong.Example())
		}
		d.problem(of(p)+"the proxy for "+p.Domain+" can't be used: "+text.Clean(err.Error()), command)
		return
	}
	if err := e.Prepare(ctx); err != nil {
		d.problem(of(p)+text.Clean(err.Error()), "")
		return
	}
	d.busy("asking " + p.Domain)
	clock, err := e.Prove(ctx)
	d.busy("")
	d.clock(clock)
	if err == nil {
		d.ok(of(p) + p.Domain + " accepts the client" + way)
		return
	}
	said := text.Clean(err.Error())
	if advice := d.Advice(p, err); advice != "" {
		said += "; " + advice
	}
	if strings.Contains(said, way) {
		way = ""
	}
	d.problem(of(p)+p.Domain+way+": "+said, d.mendDomain(p, err))
}

// mendDomain is the command for a domain that didn't accept the client, or couldn't be reached.
func (d *Doctor) mendDomain(p *config.Profile, err error) string {
	fault, ok := err.(*idcs.Error)
	if !ok {
		if command := d.Mend(p, err); !strings.HasPrefix(command, "credential-idcs doctor") {
			return command
		}
		return "" // this is the doctor
	}
	wrong, untimely := errors.AsType[*wire.TimeError](err)
	user := errors.Is(err, wire.ErrProxyUser)
	switch {
	case untimely:
		return Clock(wrong)
	case methods.SignedAtAWrongTime(p, fault):
		return text.SyncClock()
	case user && p.Proxy == "":
		return text.Set("HTTPS_PROXY", "http://USER:PASSWORD@HOST:PORT")
	case !user && (fault.Class == idcs.ErrLater || fault.Class == idcs.ErrInDoubt):
		return text.Reach(p.Domain)
	}
	return text.Edit(d.Config) // an administrator's part is in d.Advice; a person's is in the configuration
}

// way is the proxy on the way to the domain, without the user and password that its address may have:
// ", through the proxy proxy.example.com:3128". Empty: there is none.
func (d *Doctor) way(p *config.Profile) (string, error) {
	u, err := url.Parse(p.Domain)
	if err != nil {
		return "", err
	}
	find := methods.ProxyOf(p, d.Proxy)
	if find == nil {
		return "", nil
	}
	proxy, err := find(u)
	if said, ok := err.(*wire.ProxyError); ok { //nolint:errorlint // what is around one may quote a password
		return "", said
	}
	if err != nil {
		return "", fmt.Errorf("the variable HTTPS_PROXY is no address")
	}
	if proxy == nil {
		return "", nil
	}
	return ", through the proxy " + text.Clean(proxy.Host), nil
}

// Clock is the command for a certificate that isn't valid now. If it isn't valid yet, the clock is wrong, and the
// command sets it. If it has expired, the clock may be right, and the command shows it.
func Clock(e *wire.TimeError) string {
	if e.Early {
		return text.SyncClock()
	}
	return "date"
}

func (d *Doctor) clock(c idcs.Clock) {
	if !c.Known && !c.Wild {
		return
	}
	way, by := "behind", c.Skew
	if by < 0 {
		way, by = "ahead of", -by
	}
	line := fmt.Sprintf("this machine's clock is %s %s the domain's", by.Round(time.Second), way)
	switch {
	case by > clockWrong:
		d.problem(line+": what it signs may be refused", text.SyncClock())
	case by > clockOff:
		d.warn(line, text.SyncClock())
	default:
		d.ok("this machine's clock agrees with the domain's")
	}
}
