package engine

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// client is the domain's client with its proof, read anew for each attempt.
func (e *Engine) client(ctx context.Context, a cache.Attempt) (*idcs.Client, error) {
	c := &idcs.Client{
		Domain: e.Profile.Domain, ClientID: e.Profile.ClientID,
		Proxy: e.world.Proxy, Connect: a.Connect, UserAgent: e.world.UserAgent,
		Now: e.world.Now, Rand: e.world.Rand,
	}
	if tooFar(a.Skew) {
		c.Skew = a.Skew
	}
	if !e.Profile.CAFile.IsZero() {
		pem, err := config.ReadPublic(e.Profile.CAFile)
		if err != nil {
			return nil, err
		}
		c.Roots = x509.NewCertPool()
		if !c.Roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", e.Profile.CAFile.Written)
		}
	}
	proof, err := e.proof(ctx)
	if err != nil {
		return nil, err
	}
	c.Proof = proof
	return c, nil
}

// proof reads what the client proves itself with.
func (e *Engine) proof(ctx context.Context) (idcs.Proof, error) {
	p := e.Profile.Client
	switch {
	case p == nil:
		return idcs.Public{}, nil
	case !p.KeyFile.IsZero():
		s, err := signer(p.KeyFile, p.KeyID, p.CertFile, p.Audience)
		return idcs.Assertion{Signer: s}, err
	}
	s, err := e.secret(ctx, p)
	return idcs.Secret{Secret: s}, err
}

// secret is the client's secret. One final line break is no part of it: editors and echo add it.
func (e *Engine) secret(ctx context.Context, p *config.Proof) (secret.Text, error) {
	var raw string
	switch {
	case !p.SecretFile.IsZero():
		b, err := config.ReadSecret(p.SecretFile)
		if err != nil {
			return secret.Text{}, err
		}
		raw = string(b)
	case p.SecretEnv != "":
		raw = e.world.Getenv(p.SecretEnv)
		if raw == "" {
			return secret.Text{}, fmt.Errorf("the variable %s, which should hold the client secret, is not set", p.SecretEnv)
		}
	default:
		out, err := e.run(ctx, p.SecretCommand)
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
func (e *Engine) userAssertion() (idcs.Grant, error) {
	u := e.Profile.User
	s, err := signer(u.KeyFile, u.KeyID, u.CertFile, u.Audience)
	if err != nil {
		return nil, err
	}
	return idcs.UserAssertion{Subject: u.Subject, Signer: s, Scope: e.Profile.LoginScope()}, nil
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

// clientDigest changes with everything that the domain judges about the client, so that a pause which
// its refusal began ends when it is mended. A command counts by its words: running it may take
// seconds, or ask somebody.
func (e *Engine) clientDigest() string {
	h := sha256.New()
	add := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	file := func(p config.Path, read func(config.Path) ([]byte, error)) {
		if p.IsZero() {
			return
		}
		b, err := read(p)
		if err != nil {
			b = []byte(err.Error())
		}
		add(string(b))
	}
	p := e.Profile
	for _, s := range []string{p.Domain, p.ClientID, p.Login, p.LoginScope(), p.RefreshScope} {
		add(s)
	}
	file(p.CAFile, config.ReadPublic)
	if c := p.Client; c != nil {
		for _, s := range append([]string{c.KeyID, c.Audience, e.world.Getenv(c.SecretEnv)}, c.SecretCommand...) {
			add(s)
		}
		file(c.SecretFile, config.ReadSecret)
		file(c.KeyFile, config.ReadSecret)
		file(c.CertFile, config.ReadPublic)
	}
	if u := p.User; u != nil {
		for _, s := range []string{u.Subject, u.KeyID, u.Audience} {
			add(s)
		}
		file(u.KeyFile, config.ReadSecret)
		file(u.CertFile, config.ReadPublic)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
