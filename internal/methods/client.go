package methods

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A Machine is what a login uses of the process and the machine.
type Machine struct {
	Now       func() time.Time
	Rand      io.Reader
	Proxy     func(*url.URL) (*url.URL, error)
	UserAgent string
	Getenv    func(string) string
	Environ   func() []string
	Hide      []string // variables that no child gets: the secret_env of every profile
}

// Client is the domain's client with its proof, read anew for each attempt. Its error is a
// *config.FileError, or says what is wrong with a key, a certificate or a secret.
func (m Machine) Client(ctx context.Context, p *config.Profile) (*idcs.Client, error) {
	c := &idcs.Client{
		Domain: p.Domain, ClientID: p.ClientID,
		Proxy: m.Proxy, UserAgent: m.UserAgent, Now: m.Now, Rand: m.Rand,
	}
	if !p.CAFile.IsZero() {
		pem, err := config.ReadPublic(p.CAFile)
		if err != nil {
			return nil, err
		}
		c.Roots = x509.NewCertPool()
		if !c.Roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", p.CAFile.Written)
		}
	}
	var err error
	c.Proof, err = m.proof(ctx, p.Client)
	return c, err
}

// proof reads what the client proves itself with.
func (m Machine) proof(ctx context.Context, p *config.Proof) (idcs.Proof, error) {
	switch {
	case p == nil:
		return idcs.Public{}, nil
	case !p.KeyFile.IsZero():
		s, err := signer(p.KeyFile, p.KeyID, p.CertFile, p.Audience)
		return idcs.Assertion{Signer: s}, err
	}
	s, err := m.secret(ctx, p)
	return idcs.Secret{Secret: s}, err
}

// secret is the client's secret. One final line break is no part of it: editors and echo add it.
func (m Machine) secret(ctx context.Context, p *config.Proof) (secret.Text, error) {
	var raw string
	switch {
	case !p.SecretFile.IsZero():
		b, err := config.ReadSecret(p.SecretFile)
		if err != nil {
			return secret.Text{}, err
		}
		raw = string(b)
	case p.SecretEnv != "":
		raw = m.Getenv(p.SecretEnv)
		if raw == "" {
			return secret.Text{}, fmt.Errorf("the variable %s, which should hold the client secret, is not set", p.SecretEnv)
		}
	default:
		out, err := m.run(ctx, p.SecretCommand)
		if err != nil {
			return secret.Text{}, err
		}
		raw = out
	}
	raw = strings.TrimSuffix(strings.TrimSuffix(raw, "\n"), "\r")
	if raw == "" {
		return secret.Text{}, fmt.Errorf("the client secret is empty")
	}
	return secret.New(raw), nil
}

// userAssertion names the profile's user by the user's key.
func userAssertion(p *config.Profile) (idcs.Grant, error) {
	u := p.User
	s, err := signer(u.KeyFile, u.KeyID, u.CertFile, u.Audience)
	if err != nil {
		return nil, err
	}
	return idcs.UserAssertion{Subject: u.Subject, Signer: s, Scope: p.LoginScope()}, nil
}

// signer reads a key and the name of its certificate.
func signer(keyFile config.Path, id string, certFile config.Path, audience string) (idcs.Signer, error) {
	pem, err := config.ReadSecret(keyFile)
	if err != nil {
		return idcs.Signer{}, err
	}
	key, err := rsakey.Parse(pem)
	if err != nil {
		return idcs.Signer{}, fmt.Errorf("%s %w", keyFile.Written, err)
	}
	s := idcs.Signer{Key: key, KeyID: id, Audience: audience}
	if certFile.IsZero() {
		return s, nil
	}
	if pem, err = config.ReadPublic(certFile); err != nil {
		return idcs.Signer{}, err
	}
	cert, err := rsakey.ParseCertificate(pem)
	if err != nil {
		return idcs.Signer{}, fmt.Errorf("%s %w", certFile.Written, err)
	}
	if !key.Matches(cert) {
		return idcs.Signer{}, fmt.Errorf("%s is not the certificate of %s", certFile.Written, keyFile.Written)
	}
	s.Thumbprint = cert.Thumbprint
	return s, nil
}
