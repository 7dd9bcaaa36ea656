package engine

import (
	"context"
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/idcs"
)

// post sends one request to the token endpoint, and logs it and its answer. Of a failure the log has the same cleaned
// line that people see.
func (e *Engine) post(ctx context.Context, c *idcs.Client, a cache.Attempt, g idcs.Grant) (idcs.Answer, error) {
	log := e.world.Log
	if log == nil {
		return c.Token(ctx, g, a.Sending)
	}
	begun := time.Now()
	since := func() time.Duration { return time.Since(begun).Round(time.Millisecond) }
	log("connecting", "domain", c.Domain, "grant", grantName(g), "limit", c.Connect)
	answer, err := c.Token(ctx, g, func() error {
		log("connected, sending", "after", since())
		return a.Sending()
	})
	if err == nil {
		log("answered", "after", since(), "life", answer.Life, "refresh_token", !answer.Refresh.Empty(),
			"id_token", !answer.ID.Empty(), "skew", answer.Clock.Skew.Round(time.Second))
		return answer, nil
	}
	if f, ok := errors.AsType[*idcs.Error](err); ok {
		log("no usable answer", "after", since(), "outcome", f.Outcome, "status", f.Status, "error", f.Code,
			"ecid", f.ECID, "retry_after", f.RetryAfter, "why", f.Error())
	}
	return answer, err
}

// grantName is the short name of a grant in RFC 6749 and related RFCs.
func grantName(g idcs.Grant) string {
	switch g.(type) {
	case idcs.RefreshToken:
		return "refresh_token"
	case idcs.ClientCredentials:
		return "client_credentials"
	case idcs.UserAssertion:
		return "assertion"
	case idcs.Password:
		return "password"
	}
	return "code" // of a browser or a device
}
