package people

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/helpers"
)

func tokenVerb() *verb {
	return &verb{
		name: "token", words: `[PROFILE] [--id-token] [--header] [--json]
       [--min-ttl DURATION]`,
		about: "print the access token, for curl and scripts",
		text: `
It is refreshed first if that is due. No target is checked: whoever names the
profile decides where the token goes.

  --id-token           the ID token instead
  --header             as a header line, for curl
  --json               as an object with access_token, token_type, expires_at
  --min-ttl DURATION   refresh if less than this is left, such as 10m

Example:
  curl -H @<(credential-idcs token work --header) https://git.example.com/api
`,
		run: runToken,
	}
}

func runToken(ctx context.Context, a *app, args []string) error {
	f := a.options(tokenVerb())
	id := f.Bool("id-token", false, "")
	header := f.Bool("header", false, "")
	asJSON := f.Bool("json", false, "")
	minTTL := f.Duration("min-ttl", 0, "")
	operands, err := a.parse(tokenVerb(), f, args, 1)
	if err != nil {
		return helped(err)
	}
	switch {
	case *header && *asJSON:
		return misuse("token: --header or --json, not both", "credential-idcs help token")
	case *minTTL < 0:
		return misuse("token: --min-ttl must not be negative", "credential-idcs help token")
	}
	p, err := a.chosen(operand(operands))
	if err != nil {
		return err
	}
	if *id {
		if err := call.NoIDToken(p); err != nil {
			return err
		}
	}
	e, err := a.engine(p)
	if err != nil {
		return err
	}
	r, err := e.Token(ctx, cache.Want{ID: *id, MinTTL: *minTTL})
	if err != nil {
		return a.failed(p, err)
	}
	a.Warn(p, r.Warnings)

	t, stamp := r.Token.Access, r.Token.AccessStamp
	if *id {
		t, stamp = r.Token.ID, r.Token.IDStamp
	}
	if left := stamp.Expires().Sub(a.Now()); left < *minTTL {
		a.Notice("profile " + p.Name + ": the domain gives no token that lives longer than " + left.Round(time.Second).String())
	}
	c := helpers.Credential{
		Owner:  helpers.Owner{Profile: p.Name, Username: p.Username},
		Secret: t, Expiry: call.Reported(stamp.Expires(), a.Now()),
	}
	if err := c.Check(0); err != nil {
		return err
	}
	out := t.Reveal() + "\n"
	switch {
	case *header:
		out = "Authorization: Bearer " + out
	case *asJSON:
		if out, err = tokenJSON(r.Token, *id, c.Expiry); err != nil {
			return err
		}
	}
	_, err = io.WriteString(a.Stdout, out)
	return err
}

// tokenJSON is cli.md's object on one line. It has no field for a refresh token.
func tokenJSON(t cache.Token, id bool, expires time.Time) (string, error) {
	var o struct {
		Access  string    `json:"access_token"`
		Type    string    `json:"token_type"`
		Expires time.Time `json:"expires_at"`
		ID      string    `json:"id_token,omitempty"`
	}
	o.Access, o.Type, o.Expires = t.Access.Reveal(), "Bearer", expires
	if id {
		o.ID = t.ID.Reveal()
	}
	b, err := json.Marshal(o)
	return string(b) + "\n", err
}
