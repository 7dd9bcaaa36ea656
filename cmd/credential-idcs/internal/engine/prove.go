package engine

import (
	"context"
	"errors"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/methods"
)

// Prove lets the domain check the client's proof, and spends nothing: it asks for the revocation of a made-up token,
// without a lock. The Clock is from the answer's Date, also beside an error. A proof that is refused only because
// this machine's clock is wrong counts as good: it is tried once more with corrected times, as a refresh would be.
//
// The error is that of a file or command of the profile, or an *idcs.Error.
func (e *Engine) Prove(ctx context.Context) (idcs.Clock, error) {
	ctx, cancel := context.WithTimeout(ctx, loginLimit)
	defer cancel()
	c, err := e.client(ctx, cache.Attempt{Connect: cache.ConnectPerson})
	if err != nil {
		return idcs.Clock{}, err
	}
	clock, err := c.Prove(ctx)
	_, signed := c.Proof.(idcs.Assertion)
	var refused *idcs.Error
	if signed && clock.Known && methods.TooFar(clock.Skew) && errors.As(err, &refused) && refused.Code == "invalid_client" {
		c.Skew = clock.Skew
		return c.Prove(ctx)
	}
	return clock, err
}
