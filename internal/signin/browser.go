package signin

import (
	"context"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// patience is how long a browser may take. The page of the domain has its own, unknown, end.
const patience = 5 * time.Minute

// A Visit is a browser that came back and now waits for its page. Close it.
type Visit struct {
	// Grant is good for 3 minutes and one use.
	Grant idcs.AuthorizationCode

	nonce secret.Text
	door  *door // nil: the answer was pasted, and no page of ours is open
	after func(time.Duration) <-chan time.Time
}

// Browser sends the person to the domain's login page and waits, 5 minutes at most, until the
// browser comes back to redirectURL, or until the person pastes the address it would have come to.
//
// Errors: a *RedirectError or *PortError before anything was opened; ErrNoAnswer; an *idcs.Error for
// what the domain said instead of a code, ErrDenied inside it where that was no; the cause of ctx.
func Browser(ctx context.Context, p Person, c *idcs.Client, scope, redirectURL string) (*Visit, error) {
	r, err := parseRedirect(redirectURL)
	if err != nil {
		return nil, err
	}
	a := idcs.Authorization{RedirectURI: redirectURL, Scope: scope}
	for _, t := range []*secret.Text{&a.State, &a.Nonce, &a.Verifier} {
		if *t, err = idcs.Random(c.Rand); err != nil {
			return nil, err
		}
	}
	address, err := c.AuthorizeURL(a)
	if err != nil {
		return nil, err
	}
	d, err := openDoor(r, a.State, sign{p.Profile, c.Domain})
	if err != nil {
		return nil, err
	}
	got, err := p.await(ctx, c.Now, d, address)
	d.hide = []secret.Text{a.State, a.Nonce, a.Verifier, got.code}
	v := &Visit{
		Grant: idcs.AuthorizationCode{Code: got.code, RedirectURI: redirectURL, Verifier: a.Verifier},
		nonce: a.Nonce, door: d, after: p.after,
	}
	if err == nil && got.refusal != nil {
		err = got.refusal
	}
	if err != nil {
		v.Close(err)
		return nil, err
	}
	if !d.visited() {
		v.door = nil
		d.close()
	}
	return v, nil
}

// await opens the browser and returns the first answer, whichever way it came.
func (p Person) await(ctx context.Context, now func() time.Time, d *door, address string) (result, error) {
	out := p.printer()
	defer out.close()
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
	still := func() {}
	if opened || p.Stdin == nil {
		still = out.alive("waiting for the browser", now, now().Round(0).Add(patience))
	}
	defer func() { still() }()
	var pasted <-chan result
	offer := func() {
		if p.Stdin == nil {
			return
		}
		still() // beside a living line nobody could paste
		still = func() {}
		out.say("if the browser ends at a page that can't be reached, paste its address here")
		pasted = paste(p.Stdin, d.redirect, d.state, out)
	}
	if !opened {
		offer()
	}
	late := p.after(patience)
	for {
		select {
		case got := <-d.results:
			return got, nil
		case got := <-pasted:
			if d.take() { // else the browser was faster
				return got, nil
			}
		case err := <-exit:
			exit = nil
			if err != nil {
				out.say("the browser could not be opened (" + err.Error() + "); open the address above")
				offer() // perhaps on another machine
			}
		case <-late:
			return result{}, ErrNoAnswer
		case <-ctx.Done():
			return result{}, context.Cause(ctx)
		}
	}
}

// Check is whether the answer to Grant belongs to this login: an ID token in it must carry our nonce
// (OpenID Connect Core 3.1.3.7, 11). Without one there is nothing to check, the verifier has bound
// the code to us.
func (v *Visit) Check(a idcs.Answer) error {
	if a.ID.Empty() || idcs.HasNonce(a.ID, v.nonce) {
		return nil
	}
	return ErrNonce
}

// Close shows the browser what became of the login, err being nil or the reason why not, and stops
// listening. It waits two seconds at most for a browser that doesn't fetch its page. A nil Visit and
// a second call are fine.
func (v *Visit) Close(err error) {
	if v == nil || v.door == nil {
		return
	}
	v.door.finish(err, v.after(2*time.Second))
	v.door.close()
	v.door = nil
}
