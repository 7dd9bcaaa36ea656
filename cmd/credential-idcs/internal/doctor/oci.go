package doctor

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/credential-idcs/credential-idcs/oci"
)

// oracle checks a profile's OCI principal, and gets a credential for each of its targets. Nothing is stored and
// nothing is spent.
func (d *Doctor) oracle(ctx context.Context, p *config.Profile, offline bool) {
	if p.Login == config.OCILogin { // else files has done it
		for _, file := range p.CA.Files {
			if !d.authority(p, file) {
				return
			}
		}
	}
	if !d.principal(ctx, p) {
		return
	}
	for i := range p.Targets {
		t := &p.Targets[i]
		if call.Derived(p, t) {
			d.derived(ctx, p, t, offline)
		}
	}
}

// principal checks what needs no network. False: nothing can be signed.
func (d *Doctor) principal(ctx context.Context, p *config.Profile) bool {
	d.surroundings(p)
	e, err := d.Target(p, nil)
	if err != nil {
		d.unusable(p, err)
		return false
	}
	switch p.OCI.Principal {
	case config.PrincipalInstance, config.PrincipalExchange: // seen when they are asked for a token
		d.ok(of(p) + "its OCI principal is " + p.OCI.Principal + ", which stores nothing")
		return true
	}
	s, err := e.Session(ctx)
	if over, ok := errors.AsType[*oci.SessionError](err); ok && over.Missing == "" && d.lives(p) {
		f := d.Explain(p, e.Unready(err))
		d.warn(f.Message+"; what it got is served to its end", f.Command)
		return false
	}
	if err != nil {
		d.unready(p, e, err)
		return false
	}
	where := ""
	if !p.OCI.File.IsZero() {
		where = " " + p.OCI.Profile + " of " + text.Clean(p.OCI.File.Written)
	}
	d.ok(of(p) + "its OCI principal is " + p.OCI.Principal + where + ", in " + s.Region + whose(s.Subject))
	if s.Expires.IsZero() {
		return true
	}
	if f := e.Renewed(); f != nil {
		d.warn(of(p)+"the OCI session wasn't renewed at "+f.At.Local().Format(time.DateTime)+": "+text.Clean(f.Text), cmp.Or(f.Command, "credential-idcs refresh "+text.Word(p.Name)))
	}
	again := "oci session authenticate --profile-name " + text.Word(p.OCI.Profile) + " --region " + text.Word(s.Region)
	switch left := s.Expires.Sub(d.Now()); {
	case left < 10*time.Minute:
		d.warn(of(p)+"the OCI session ends in "+text.Duration(left)+", and can't be renewed after that", again)
	case p.OCI.Refresh:
		d.ok(of(p) + "the OCI session lives for " + text.Duration(left) + ", and can't be renewed after that; till then it is, while somebody uses it (refresh = false leaves that to the oci CLI)")
	default:
		d.ok(of(p) + "the OCI session lives for " + text.Duration(left) + ", and can't be renewed after that")
	}
	return true
}

// lives reports whether a credential that the principal got earlier is still served.
func (d *Doctor) lives(p *config.Profile) bool {
	for i := range p.Targets {
		if t := &p.Targets[i]; call.Derived(p, t) {
			e, err := d.Target(p, t)
			if err != nil {
				continue
			}
			if state := e.View().State; state == "fresh" || state == "stale" {
				return true
			}
		}
	}
	return false
}

// whose is a principal's realm, kind and the end of its OCID, which tells it from others: ", realm oc1, user …aaaana".
func whose(subject string) string {
	parts := strings.Split(subject, ".")
	switch {
	case subject == "":
		return ""
	case len(parts) < 5 || parts[0] != "ocid1":
		return ", " + text.Clean(subject)
	}
	end := parts[len(parts)-1]
	return ", realm " + text.Clean(parts[2]) + ", " + text.Clean(parts[1]) + " …" + text.Clean(end[max(0, len(end)-6):])
}

// surroundings warns of variables that Oracle's tools obey and this program doesn't, and of a principal that is
// probably not the one that was meant.
func (d *Doctor) surroundings(p *config.Profile) {
	var ignored []string
	for _, v := range d.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "OCI_") && !strings.HasPrefix(name, "OCI_RESOURCE_PRINCIPAL_") {
			ignored = append(ignored, text.Clean(name))
		}
	}
	if len(ignored) > 0 {
		d.warn(of(p)+strings.Join(ignored, ", ")+": the oci CLI obeys this, the profile doesn't", text.Unset(ignored...))
	}
	if p.OCI.Principal == config.PrincipalInstance && d.Getenv("KUBERNETES_SERVICE_HOST") != "" {
		d.warn(of(p)+`this is a pod, and principal = "instance" makes each pod of a node the node: principal = "workload" is the pod's own`, text.Edit(d.Config))
	}
	for i := range p.Targets {
		if t := &p.Targets[i]; t.Kind == config.KindOKE && (p.OCI.Principal == config.PrincipalWorkload || p.OCI.Principal == config.PrincipalResource) {
			d.warn(of(p)+"whether an OKE cluster takes a "+p.OCI.Principal+" principal is documented nowhere", text.Edit(d.Config))
		}
	}
}

// derived tries to get the credential for a target.
func (d *Doctor) derived(ctx context.Context, p *config.Profile, t *config.Target, offline bool) {
	e, err := d.Target(p, t)
	if err != nil {
		d.unusable(p, err)
		return
	}
	if v := e.View(); v.Last != nil {
		d.warn(of(p)+t.String()+": the last attempt failed at "+v.Last.At.Local().Format(time.DateTime)+": "+text.Clean(v.Last.Text),
			"credential-idcs refresh "+text.Word(p.Name))
	}
	if offline {
		return
	}
	d.busy("asking for a token for " + t.String())
	got, err := e.Try(ctx)
	d.busy("")
	if err != nil {
		d.unready(p, e, err)
		return
	}
	d.ok(of(p) + t.String() + " gives a token, for " + text.Duration(got.Life))
	if got.Clock.Known && oci.ClockMatters(got.Clock.Skew) {
		clock := &call.ClockError{Skew: got.Clock.Skew, Oracle: t.Kind != config.KindToken}
		d.warn(of(p)+clock.Error(), "timedatectl status")
	}
}

// unready reports a principal that gets no credential.
func (d *Doctor) unready(p *config.Profile, e *engine.Engine, err error) {
	f := d.Explain(p, e.Unready(err))
	if f.Command == "" || f.Command == "credential-idcs doctor "+text.Word(p.Name) {
		f.Command = text.Edit(d.Config)
	}
	d.problem(f.Message, f.Command)
}

// Unserved reports targets that the profile has no credential for: registries and clusters of Oracle's without a
// principal, and Oracle's git server, which accepts only auth tokens.
func (d *Doctor) Unserved(p *config.Profile) {
	for i := range p.Targets {
		t := &p.Targets[i]
		if err := call.Unserved(p, t); err != nil {
			f := d.Explain(p, err)
			d.problem(f.Message, f.Command)
		}
	}
}
