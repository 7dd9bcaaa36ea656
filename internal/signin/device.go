package signin

import (
	"context"
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs"
)

const (
	// requestLimit is how long one request of a device login may take.
	requestLimit = 20 * time.Second
	// slowDown is what each slow_down adds to the interval (RFC 8628 3.5).
	slowDown = 5 * time.Second
	// longestWait bounds the pause after trouble, so that an approval isn't noticed minutes late.
	longestWait = 60 * time.Second
)

// Device gets a code, shows it to the person, and polls until they have decided or the code has expired. poll sends the
// grant once, as idcs.Client.Token does; it isn't called again after it succeeded.
//
// Errors: an *idcs.Error, with ErrDenied or ErrExpired inside if that ended the login; the cause of ctx.
func Device(ctx context.Context, p Person, c *idcs.Client, scope string, poll func(context.Context, idcs.Grant) (idcs.Answer, error)) (idcs.Answer, error) {
	first, cancel := context.WithTimeout(ctx, requestLimit)
	d, err := c.Device(first, scope)
	cancel()
	if err != nil {
		return idcs.Answer{}, unlessOver(ctx, err)
	}
	// Without the monotonic clock, which stops while a laptop sleeps: the code expires meanwhile.
	end := d.SentAt.Round(0).Add(d.Life)
	out := p.printer()
	out.say("open this address on any device and enter the code "+d.UserCode, d.URL)
	if code := drawQR(d.URL, p.Screen); code != "" {
		out.print(code)
	}
	defer out.alive("waiting for the approval of "+d.UserCode, c.Now, end)()

	once := func() (idcs.Answer, error) {
		ctx, cancel := context.WithTimeout(ctx, requestLimit)
		defer cancel()
		return poll(ctx, idcs.DeviceCode{Code: d.Code})
	}
	interval, pause := d.Interval, d.Interval
	last := error(ended(ErrExpired, idcs.Error{}))
	for {
		left := end.Sub(c.Now().Round(0))
		if err := p.wait(ctx, max(min(pause, left), 0)); err != nil {
			return idcs.Answer{}, err
		}
		if left <= pause {
			return idcs.Answer{}, last
		}
		a, err := once()
		if err == nil {
			return a, nil
		}
		e, ok := errors.AsType[*idcs.Error](err)
		switch {
		case ctx.Err() != nil:
			return idcs.Answer{}, context.Cause(ctx)
		case !ok:
			return idcs.Answer{}, err
		case errors.Is(e, idcs.ErrLater), errors.Is(e, idcs.ErrInDoubt):
			// RFC 8628 3.5 demands an exponential backoff.
			pause = min(max(2*pause, e.RetryAfter), max(longestWait, e.RetryAfter))
			last = e
			continue
		}
		switch e.Code {
		case "authorization_pending":
		case "slow_down":
			interval += slowDown
		case "access_denied":
			return idcs.Answer{}, ended(ErrDenied, *e)
		case "expired_token":
			return idcs.Answer{}, ended(ErrExpired, *e)
		default:
			return idcs.Answer{}, e
		}
		pause, last = interval, ended(ErrExpired, idcs.Error{})
	}
}

// unlessOver is err, or the cause of ctx if that has ended.
func unlessOver(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
