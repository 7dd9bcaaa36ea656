package people

import (
	"context"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/credential-idcs/credential-idcs/oci"
)

// ociHelp is `credential-idcs help oci`.
const ociHelp = `Oracle's registry (OCIR) and Oracle's Kubernetes (OKE) take no token of an
identity domain. An OCI principal gets theirs:

  [profiles.work]
  login   = "oci"
  targets = ["https://iad.ocir.io", "https://203.0.113.7:6443"]

  [profiles.work.oci]
  principal = "session"        # what ` + "`oci session authenticate`" + ` left in ~/.oci
  profile   = "work"           # the profile there

  [profiles.work.target."https://203.0.113.7:6443"]
  kind    = "oke"              # https://iad.ocir.io is "ocir" by its name
  cluster = "ocid1.cluster.oc1.iad.aaaa…"

Other principals: api_key (~/.oci), instance (the machine), workload (a pod of
an enhanced cluster), resource (a function), and, beside another login,
exchange. See docs/oracle.md.
`

// A part is one of a profile's credentials: its own token, or a derived one.
type part struct {
	target *config.Target // nil: the profile's own
	engine *engine.Engine
}

// kind is its kind in the output of status.
func (p part) kind() string {
	if p.target == nil {
		return config.KindToken
	}
	return p.target.Kind
}

// name is its target, empty for the profile's own token.
func (p part) name() string {
	if p.target == nil {
		return ""
	}
	return p.target.String()
}

// derived are the credentials that a profile's OCI principal gets: one for each registry and cluster, and one for all
// targets that accept tokens of the domain.
func (a *app) derived(p *config.Profile) ([]part, error) {
	var parts []part
	shared := false
	for i := range p.Targets {
		t := &p.Targets[i]
		if !call.Derived(p, t) || t.Kind == config.KindToken && shared {
			continue
		}
		shared = shared || t.Kind == config.KindToken
		e, err := engine.For(a.App, p, t)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{t, e})
	}
	return parts, nil
}

// ofTarget is the engine of a target's credential. Its error is a *helpers.Failure.
func (a *app) ofTarget(p *config.Profile, url string) (*engine.Engine, *config.Target, error) {
	https(&url)
	place, err := helpers.ParseTarget(url)
	if err != nil {
		return nil, nil, misuse("token: --target: "+err.Error(), "credential-idcs help token")
	}
	_, t, err := a.File.Owner(place, config.Query{Profile: p.Name})
	if err != nil {
		return nil, nil, call.ExplainConfig(err)
	}
	if err := call.NoOCI(p, t); err != nil {
		return nil, nil, err
	}
	e, err := engine.For(a.App, p, t)
	return e, t, err
}

// only is the engine for a command without --target: the profile's own, or that of the only credential that its OCI
// principal gets.
func (a *app) only(p *config.Profile) (*engine.Engine, *config.Target, error) {
	if p.Login != config.OCILogin {
		e, err := a.engine(p)
		return e, nil, err
	}
	parts, err := a.derived(p)
	switch {
	case err != nil:
		return nil, nil, err
	case len(parts) == 1:
		return parts[0].engine, parts[0].target, nil
	case len(parts) == 0:
		return nil, nil, &helpers.Failure{Class: helpers.Profile, Message: "profile " + p.Name + ": it has no targets to get a token for"}
	}
	return nil, nil, &helpers.Failure{Class: helpers.Usage, Message: "profile " + p.Name + ": its OCI principal gets a token for each target, name one",
		Command: "credential-idcs token " + text.Word(p.Name) + " --target " + text.Word(parts[0].name())}
}

// refreshAll derives all credentials anew, and prints until when each is good.
func (a *app) refreshAll(ctx context.Context, p *config.Profile) error {
	parts, err := a.derived(p)
	if err != nil {
		return err
	}
	if len(parts) == 0 {
		a.Say("credential-idcs: profile " + p.Name + ": it has no targets to get a token for\n")
	}
	for _, part := range parts {
		done := a.alive("getting a token for " + part.name())
		r, err := part.engine.Token(ctx, cache.Query{Force: true})
		done()
		if err != nil {
			return a.failed(p, err)
		}
		a.Warn(p, r.Warnings)
		a.Say("credential-idcs: profile " + p.Name + ": the token for " + part.name() + " is good until " + until(r) + "\n")
	}
	return nil
}

// logInOCI is login for an OCI principal. Only Oracle's own tool makes a session, so this prints how long it lives.
// A principal that needs no person gets its credentials.
func (a *app) logInOCI(ctx context.Context, p *config.Profile, in login) error {
	if in.named || in.noBrowser {
		return misuse("login: an OCI principal has no other way to log in", "credential-idcs login "+text.Word(p.Name))
	}
	if p.OCI.Principal != config.PrincipalSession {
		return a.refreshAll(ctx, p)
	}
	e, err := a.engine(p)
	if err != nil {
		return err
	}
	f, err := e.Session(ctx)
	if err != nil {
		return a.failed(p, e.Unready(err))
	}
	a.Say("credential-idcs: profile " + p.Name + ": " + sessionLives(f) + "\n")
	return nil
}

// sessionLives is a sentence on how long a session of ~/.oci lives.
func sessionLives(f *oci.FileSession) string {
	if f.Expires.IsZero() {
		return "the OCI session doesn't say how long it lives"
	}
	return "the OCI session lives until " + f.Expires.Local().Format("2006-01-02 15:04:05")
}

// logOutOCI deletes the derived credentials. The session stays: Oracle's own tool ends it.
func (a *app) logOutOCI(ctx context.Context, p *config.Profile) error {
	parts, err := a.derived(p)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := part.engine.Logout(ctx); err != nil {
			return call.Explain(p.Name, err)
		}
	}
	if p.Login != config.OCILogin {
		return nil
	}
	if p.OCI.Principal == config.PrincipalSession {
		e, err := a.engine(p)
		if err != nil {
			return err
		}
		if err := e.ForgetSession(ctx); err != nil {
			return call.Explain(p.Name, err)
		}
	}
	what := "the OCI principal is untouched"
	if !p.OCI.File.IsZero() {
		what = text.Clean(p.OCI.File.Written) + " is untouched"
	}
	a.Say("credential-idcs: profile " + p.Name + ": what was derived is deleted, " + what + "\n")
	return nil
}

// A derivation is a derived credential in the output of status.
type derivation struct {
	Target  string     `json:"target"`
	Kind    string     `json:"kind"`
	State   string     `json:"state"`
	Expires *time.Time `json:"expires_at"`

	left    time.Duration
	last    *cache.Failure
	problem error
	seal    string
}

// derivations are the derived credentials of a profile, from the files alone.
func (a *app) derivations(p *config.Profile) ([]derivation, error) {
	parts, err := a.derived(p)
	if err != nil {
		return nil, err
	}
	list := make([]derivation, 0, len(parts))
	for _, part := range parts {
		v := part.engine.View()
		d := derivation{Target: part.name(), Kind: part.kind(), State: v.State, left: v.Left, last: v.Last, problem: v.Problem, seal: v.Seal}
		if !v.Expires.IsZero() {
			at := v.Expires.UTC().Truncate(time.Second)
			d.Expires = &at
		}
		list = append(list, d)
	}
	return list, nil
}

// states are those of status, from the best to the worst.
const states = "fresh stale expired none locked login_needed"

// rowOCI is the row of a profile whose login is an OCI principal: its state is that of the session, or
// the worst of what was derived.
func (a *app) rowOCI(p *config.Profile, list []derivation) (row, error) {
	r := row{Profile: p.Name, Domain: p.Domain, Username: p.OCI.Principal, State: "none", Refreshable: true, Seal: "none"}
	for i := range list {
		d := &list[i]
		if i == 0 || strings.Index(states, d.State) > strings.Index(states, r.State) {
			r.State, r.Expires, r.left = d.State, d.Expires, d.left
		}
		if d.last != nil && (r.LastError == nil || d.last.At.After(r.LastError.At)) {
			r.LastError = failure(d.last)
		}
		if d.problem != nil {
			r.problem = d.problem
		}
		if d.seal != "none" {
			r.Seal = d.seal
		}
	}
	if p.OCI.Principal != config.PrincipalSession {
		return r, nil
	}
	e, err := a.engine(p)
	if err != nil {
		return row{}, err
	}
	if f := e.Renewed(); f != nil && (r.LastError == nil || f.At.After(r.LastError.At)) {
		r.LastError = failure(f)
	}
	r.State, r.Expires, r.left = "none", nil, 0
	if ends := e.SessionEnds().UTC(); !ends.IsZero() {
		r.Expires, r.left, r.State = &ends, max(0, ends.Sub(a.Now())), "fresh"
		if r.left == 0 {
			r.State = "login_needed"
		}
	}
	r.Refreshable = r.State == "fresh" && p.OCI.Refresh
	return r, nil
}

// methodOf is the login method of a profile. An OCI principal has none in methods.All: it gets one without a grant.
func methodOf(p *config.Profile) *methods.Method {
	if m := methods.Named(p.Login); m != nil {
		return m
	}
	return &methods.Method{Login: p.Method()}
}
