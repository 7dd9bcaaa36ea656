package people

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

func tokenVerb() *verb {
	v := &verb{
		name: "token", usage: `[PROFILE] [--target URL] [--id-token] [--header]
       [--json] [--min-ttl DURATION]`,
		about: "print the access token, for curl and scripts",
		text: `
It is refreshed first if that is due. No target is checked: whoever names the
profile decides where the token goes. With --target it is what that target
takes: for Oracle's registry and clusters a token of their own.
`,
		rest: `
Example:
  curl -H @<(credential-idcs token work --header) https://git.example.com/api
`,
		limit: 1, follows: aProfile,
	}
	var target string
	v.value(&target, "target", "the token for the target `URL` of the profile")
	id := v.switched("id-token", "the ID token instead")
	header := v.switched("header", "as a header line, for curl")
	asJSON := v.switched("json", "as an object with access_token, token_type, expires_at")
	minTTL := v.duration("min-ttl", "refresh if less than `DURATION` is left, such as 10m")
	v.run = func(ctx context.Context, a *app, operands []string) error {
		return a.token(ctx, operand(operands), tokenOptions{target, *id, *header, *asJSON, *minTTL})
	}
	return v
}

type tokenOptions struct {
	target           string
	id, header, json bool
	minTTL           time.Duration
}

func (a *app) token(ctx context.Context, profile string, o tokenOptions) error {
	switch {
	case o.header && o.json:
		return misuse("token: --header or --json, not both", "credential-idcs help token")
	case o.minTTL < 0:
		return misuse("token: --min-ttl must not be negative", "credential-idcs help token")
	}
	p, err := a.chosen(profile)
	if err != nil {
		return err
	}
	if o.id {
		if err := call.NoIDToken(a.File, p); err != nil {
			return err
		}
	}
	e, target, err := a.only(p)
	if o.target != "" {
		e, target, err = a.ofTarget(p, o.target)
	}
	if err != nil {
		return err
	}
	r, err := e.Token(ctx, cache.Query{ID: o.id, MinTTL: o.minTTL})
	if err != nil {
		return a.failed(p, err)
	}
	a.Warn(p, r.Warnings)

	t, stamp := r.Token.Access, r.Token.AccessStamp
	if o.id {
		t, stamp = r.Token.ID, r.Token.IDStamp
	}
	if left := stamp.Expires().Sub(a.Now()); left < o.minTTL {
		giver := "the domain"
		if target != nil && target.Kind != config.KindToken {
			giver = target.String()
		}
		a.Notice("profile " + p.Name + ": " + giver + " gives no token that lives longer than " + left.Round(time.Second).String())
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
	case o.header:
		out = "Authorization: Bearer " + out
	case o.json:
		if out, err = tokenJSON(r.Token, o.id, c.Expiry); err != nil {
			return err
		}
	}
	_, err = io.WriteString(a.Stdout, out)
	return err
}

// tokenJSON is the output of --json, on one line. It has no field for a refresh token.
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
