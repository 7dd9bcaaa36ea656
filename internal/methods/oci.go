package methods

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/wire"
	"github.com/credential-idcs/credential-idcs/oci"
)

// An Attempt is what one attempt to derive a credential needs.
type Attempt struct {
	Connect time.Duration // as in wire.Way
	Skew    time.Duration // Oracle's clock minus ours, as far as known
	Log     func(msg string, args ...any)
	// Sending is called before the request for the credential itself, or before its signature.
	Sending func() error
	// Subject is the profile's own access token, for config.PrincipalExchange.
	Subject func(ctx context.Context) (secret.Text, error)
	// Sessions stores what a session file's token is renewed to. Nil: it isn't renewed.
	Sessions Sessions
}

// Sessions stores renewed session tokens for all processes.
type Sessions interface {
	// Stored is the last renewed token, empty if there is none.
	Stored() secret.Text
	// Renewed is a token that lives at least for half: the stored one, else the one that renew gets, which is stored.
	Renewed(ctx context.Context, half time.Duration, renew func(context.Context, Attempt) (Derived, error)) (secret.Text, error)
}

// A Derived is a credential for one target, made with the session of an OCI principal.
type Derived struct {
	Token secret.Text
	Life  time.Duration
	Clock wire.Clock
}

// Derive makes a session for this call, which isn't stored, and derives the credential for the target from it; nil: an
// access token of the domain.
//
// Its error is one of package oci's (*oci.Error, *oci.SessionError, *oci.FileError), a *config.FileError, or what is
// wrong with a file.
func (m *Machine) Derive(ctx context.Context, p *config.Profile, t *config.Target, a Attempt) (Derived, error) {
	om, err := m.oracle(p, a)
	if err != nil {
		return Derived{}, err
	}
	s, err := m.session(ctx, p, om, a)
	if err != nil {
		return Derived{}, err
	}
	if t == nil || t.Kind == config.KindToken {
		return m.exchange(ctx, p, s, a)
	}
	if err := a.Sending(); err != nil {
		return Derived{}, err
	}
	if t.Kind == config.KindOKE {
		region := t.Region
		if region == "" {
			region = s.Region
		}
		at := m.Now().Add(a.Skew)
		token, err := s.ClusterToken(t.Cluster, region, at)
		return Derived{Token: token, Life: s.ClusterLife(at)}, err
	}
	answer, err := om.Registry(ctx, s, t.HostPort())
	return Derived{answer.Token, answer.Life, answer.Clock}, err
}

// session gets the profile's session.
func (m *Machine) session(ctx context.Context, p *config.Profile, om *oci.Machine, a Attempt) (oci.Session, error) {
	switch {
	case p.OCI.Principal == config.PrincipalExchange:
		return m.exchanged(ctx, p, om, a)
	case a.Sessions != nil:
		return m.renewed(ctx, p, om, a)
	}
	return principal(ctx, p.OCI, om)
}

// How long a renewal may take. It isn't needed yet, and the request for the credential is still to come.
const (
	renewConnect = time.Second
	renewAnswer  = 4 * time.Second
)

// renewed is the session of the profile's files, renewed in the second half of its life. If that fails, the session as
// it is serves.
func (m *Machine) renewed(ctx context.Context, p *config.Profile, om *oci.Machine, a Attempt) (oci.Session, error) {
	file := sessionFile(p.OCI)
	file.Successor = a.Sessions.Stored()
	f, err := file.Read(ctx, om)
	if err != nil {
		return oci.Session{}, err
	}
	half := f.Expires.Sub(f.Issued) / 2
	if f.Expires.IsZero() || f.Issued.IsZero() || f.Expires.Sub(m.Now().Add(a.Skew)) > half {
		return f.Session, nil
	}
	next, err := a.Sessions.Renewed(ctx, half, func(ctx context.Context, a Attempt) (Derived, error) {
		ctx, cancel := context.WithTimeout(ctx, renewConnect+renewAnswer)
		defer cancel()
		om := *om
		om.Connect, om.Skew = min(a.Connect, renewConnect), a.Skew
		if err := a.Sending(); err != nil {
			return Derived{}, err
		}
		answer, err := om.Renew(ctx, f)
		return Derived{answer.Token, answer.Life, answer.Clock}, err
	})
	if err != nil {
		return f.Session, nil
	}
	file.Successor = next
	if f, err = file.Read(ctx, om); err != nil {
		return oci.Session{}, err
	}
	return f.Session, nil
}

// exchanged is a session that the profile's own access token is exchanged for.
func (m *Machine) exchanged(ctx context.Context, p *config.Profile, om *oci.Machine, a Attempt) (oci.Session, error) {
	subject, err := a.Subject(ctx)
	if err != nil {
		return oci.Session{}, err
	}
	client, err := m.secret(ctx, p.Client)
	if err != nil {
		return oci.Session{}, err
	}
	return oci.Exchange{
		Domain: p.Domain, ClientID: p.ClientID, Secret: client, Subject: subject, Region: p.OCI.Region,
		Way: &wire.Way{Who: "the domain", Roots: om.Roots, Proxy: om.Proxy, Connect: a.Connect, UserAgent: m.UserAgent, Now: m.Now},
	}.Session(ctx, om)
}

// exchange gets an access token of the profile's domain for the principal. If it is refused, perhaps because our clock
// is wrong, it is sent once more with the date corrected: a signature spends nothing.
func (m *Machine) exchange(ctx context.Context, p *config.Profile, s oci.Session, a Attempt) (Derived, error) {
	c, err := m.Client(ctx, p)
	if err != nil {
		return Derived{}, err
	}
	c.Connect = a.Connect
	skew := a.Skew
	c.Proof = idcs.Signature{Sign: func(host, path, contentType string, body []byte) (http.Header, error) {
		return s.Headers(&oci.Message{
			Method: http.MethodPost, Host: host, Target: path, ContentType: contentType, Body: body,
		}, m.Now().Add(skew))
	}}
	g := idcs.SignedExchange{Scope: p.Scope}
	answer, err := c.Token(ctx, g, a.Sending)
	var refused *idcs.Error
	if errors.As(err, &refused) && refused.Status == http.StatusUnauthorized && refused.Clock.Known && oci.ClockMatters(refused.Clock.Skew-skew) {
		skew = refused.Clock.Skew
		answer, err = c.Token(ctx, g, a.Sending)
	}
	return Derived{answer.Access, answer.Life, answer.Clock}, err
}

// principal gets the session of a principal that needs neither an exchange nor a renewal.
func principal(ctx context.Context, o *config.OCI, om *oci.Machine) (oci.Session, error) {
	switch o.Principal {
	case config.PrincipalSession:
		return sessionFile(o).Session(ctx, om)
	case config.PrincipalAPIKey:
		return oci.APIKey{File: o.File.Written, Profile: o.Profile, Region: o.Region}.Session(ctx, om)
	case config.PrincipalResource:
		return oci.Resource{Region: o.Region}.Session(ctx, om)
	case config.PrincipalWorkload:
		return workload(o).Session(ctx, om)
	}
	return oci.Instance{Metadata: o.Metadata, Region: o.Region}.Session(ctx, om)
}

func workload(o *config.OCI) oci.Workload {
	return oci.Workload{Endpoint: o.Endpoint, Account: path.Dir(o.AccountFile("token").Written), Region: o.Region}
}

func sessionFile(o *config.OCI) oci.SessionFile {
	return oci.SessionFile{File: o.File.Written, Profile: o.Profile, Region: o.Region}
}

// Session is the session of a principal that needs no network, and when it ends, if it does; for a pod it has only the
// region. kept has what a session file's token was renewed to; nil: nothing.
func (m *Machine) Session(ctx context.Context, p *config.Profile, kept Sessions) (*oci.FileSession, error) {
	om, err := m.oracle(p, Attempt{})
	if err != nil {
		return nil, err
	}
	switch p.OCI.Principal {
	case config.PrincipalSession:
		file := sessionFile(p.OCI)
		if kept != nil {
			file.Successor = kept.Stored()
		}
		return file.Read(ctx, om)
	case config.PrincipalWorkload:
		subject, err := workload(p.OCI).Look(om)
		return &oci.FileSession{Session: oci.Session{Region: p.OCI.Region}, Subject: subject}, err
	}
	s, err := principal(ctx, p.OCI, om)
	return &oci.FileSession{Session: s, Subject: s.Subject()}, err
}

// oracle makes package oci's Machine. The profile's ca_file is for all of Oracle's hosts, too.
func (m *Machine) oracle(p *config.Profile, a Attempt) (*oci.Machine, error) {
	om := &oci.Machine{
		Getenv: m.Getenv, Now: m.Now, Rand: m.Rand, Proxy: ProxyOf(p, m.Proxy), UserAgent: m.UserAgent,
		Connect: a.Connect, Skew: a.Skew, Log: a.Log,
		Read: func(file string, kind oci.FileKind) ([]byte, error) { return read(p.OCI, file, kind) },
	}
	var err error
	om.Roots, err = roots(p.CA)
	return om, err
}

// read reads a file for package oci, checked as package config does.
func read(o *config.OCI, file string, kind oci.FileKind) ([]byte, error) {
	switch {
	case kind == oci.AccountFile:
		return config.ReadAccount(o.AccountFile(path.Base(file)))
	case kind == oci.AccountCA:
		return config.ReadPublic(o.AccountFile(path.Base(file)))
	case kind == oci.ConfigFile && file == o.File.Written:
		return config.ReadPublic(o.File)
	}
	at := o.PathOf(file)
	if at.IsZero() {
		return nil, fmt.Errorf("%s must be an absolute path, or begin with ~/", file)
	}
	return config.ReadSecret(at)
}
