package signin

import (
	"context"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// patience is how long a browser may take. The domain's page ends by itself after a time that isn't documented.
const patience = 5 * time.Minute

// A Visit is a browser that came back and now waits for its page. Close it.
type Visit struct {
	// Grant is good for 3 minutes and one use.
	Grant idcs.AuthorizationCode

	nonce    secret.Text
	callback *callback // nil: the answer was pasted, and no page of ours is open
	after    func(time.Duration) <-chan time.Time
}

// A Return is how the browser comes back.
type Return struct {
	RedirectURL string
	Listen      string   // where to listen instead of there, ADDRESS:PORT; empty: there
	Issuers     []string // accepted in an answer's iss (RFC 9207), beside the domain's address and Oracle's issuer
}

// oracleIssuer is the iss of all domains that have no custom one.
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/usingopenidconnect.htm
const oracleIssuer = "https://identity.oraclecloud.com/"

// Browser sends the person to the domain's login page and waits, 5 minutes at most, until the browser comes back, or
// until the person pastes the address to which it was sent.
//
// Errors: a *RedirectError or *PortError before anything was opened; ErrNoAnswer; an *idcs.Error if the domain sent an
// error instead of a code, with ErrDenied inside if the login was denied; an *IssuerError; the cause of ctx.
func Browser(ctx context.Context, p Person, c *idcs.Client, scope string, back Return) (*Visit, error) {
	r, err := parseRedirect(back.RedirectURL, back.Listen)
	if err != nil {
		return nil, err
	}
	a := idcs.Authorization{RedirectURI: back.RedirectURL, Scope: scope}
	for _, t := range []*secret.Text{&a.State, &a.Nonce, &a.Verifier} {
		if *t, err = idcs.Random(c.Rand); err != nil {
			return nil, err
		}
	}
	address, err := c.AuthorizeURL(a)
	if err != nil {
		return nil, err
	}
	must := check{state: a.State, issuers: append([]string{oracleIssuer, c.Domain}, back.Issuers...)}
	cb, err := openCallback(r, must, sign{p.Profile, c.Domain})
	if err != nil {
		return nil, err
	}
	got, err := p.await(ctx, c.Now, cb, address)
	cb.hide = []secret.Text{a.State, a.Nonce, a.Verifier, got.code}
	v := &Visit{
		Grant: idcs.AuthorizationCode{Code: got.code, RedirectURI: back.RedirectURL, Verifier: a.Verifier},
		nonce: a.Nonce, callback: cb, after: p.after,
	}
	if err == nil && got.refusal != nil {
		err = got.refusal
	}
	if err != nil {
		v.Close(err)
		return nil, err
	}
	if !cb.visited() {
		v.callback = nil
		cb.close()
	}
	return v, nil
}

// await opens the browser and returns the first answer, from the browser or pasted.
func (p Person) await(ctx context.Context, now func() time.Time, cb *callback, address string) (result, error) {
	out := p.printer()
	defer out.close()
	cb.hear(func(s string) { out.say(s) })
	var exit <-chan error
	opened := false
	if p.Open != nil {
		var err error
		if exit, err = p.Open(address); err != nil {
			out.say("no browser could be opened: " + err.Error())
		} else {
			opened = true
		}
	}
	if opened {
		out.say("log in with the browser; if no window comes up, open", address)
	} else {
		out.say("to log in, open this address in a browser", address)
	}
	var pasted <-chan result
	quiet := false
	if p.Stdin != nil && (p.Screen.Terminal || !p.background()) { // the terminal's own line is read in the foreground only
		if p.Guard != nil {
			var stop func()
			ctx, stop = p.Guard(ctx)
			defer stop()
		}
		k := p.keyboard(cb.redirect, cb.check, out)
		defer k.restore()
		to := ", paste its full address here and press Enter"
		if p.background() {
			to = ", bring this login to the foreground (fg)" + to
		}
		out.say("if the browser shows an error page at " + cb.redirect.name + to)
		quiet = k.ownEcho() // beside a living line nobody could paste
		pasted = k.paste()
	}
	if !quiet {
		defer out.alive("waiting for the browser", now, now().Round(0).Add(patience))()
		defer out.close() // what is typed after the end must not bring the line back
	}
	late := p.after(patience)
	for {
		select {
		case got := <-cb.results:
			return got, nil
		case got := <-pasted:
			if cb.take() { // else the browser was faster
				return got, nil
			}
		case err := <-exit:
			exit = nil
			if err != nil {
				out.say("the browser could not be opened (" + err.Error() + "); open the address above")
			}
		case <-late:
			return result{}, ErrNoAnswer
		case <-ctx.Done():
			return result{}, context.Cause(ctx)
		}
	}
}

// background reports whether this process is in the background of its terminal.
func (p Person) background() bool {
	f, ok := p.Stdin.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && !inFront(f)
}

// Check returns ErrNonce if the answer to Grant belongs to another login: an ID token in it must have our nonce (OpenID
// Connect Core 3.1.3.7, 11). Without an ID token, the verifier alone binds the code to this login.
func (v *Visit) Check(a idcs.Answer) error {
	if a.ID.Empty() || idcs.HasNonce(a.ID, v.nonce) {
		return nil
	}
	return ErrNonce
}

// Close shows the browser the result of the login (err is nil or why it failed) and stops listening. It waits at most
// two seconds for the browser to fetch its page. A nil Visit and a second call are fine.
func (v *Visit) Close(err error) {
	if v == nil || v.callback == nil {
		return
	}
	v.callback.finish(err, v.after(2*time.Second))
	v.callback.close()
	v.callback = nil
}
