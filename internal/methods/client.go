package methods

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/signer"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/credential-idcs/credential-idcs/internal/unwrap"
)

// A Machine is what a login needs of the process and the machine.
type Machine struct {
	Now       func() time.Time
	Rand      io.Reader
	Proxy     func(*url.URL) (*url.URL, error)
	UserAgent string
	Getenv    func(string) string
	Environ   func() []string
	Hide      []string // variables that no child gets: the secret_env of every profile
	// Terminal is where a secret_command may ask the person who runs this command, see Prepare. Nil: there is none.
	Terminal *Terminal
	// Typed is what a secret_command printed in Prepare. Empty: it is run for each attempt.
	Typed secret.Text
}

// Client makes the domain's client with its proof, whose files are read anew for each attempt. Its error is a
// *config.FileError, or what is wrong with a key, a certificate or a secret.
func (m Machine) Client(ctx context.Context, p *config.Profile) (*idcs.Client, error) {
	c := &idcs.Client{
		Domain: p.Domain, ClientID: p.ClientID,
		Proxy: ProxyOf(p, m.Proxy), UserAgent: m.UserAgent, Now: m.Now, Rand: m.Rand,
	}
	var err error
	if c.Roots, err = roots(p.CA); err != nil {
		return nil, err
	}
	c.Proof, err = m.proof(ctx, p.Client)
	return c, err
}

// roots are the authorities that the profile trusts; nil: the system's list.
func roots(ca config.CA) (*x509.CertPool, error) {
	if len(ca.Files) == 0 {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if ca.System {
		system, err := x509.SystemCertPool()
		if err != nil {
			return nil, fmt.Errorf("this machine has no list of trusted authorities: %w", err)
		}
		pool = system
	}
	for _, file := range ca.Files {
		b, err := config.ReadPublic(file)
		if err != nil {
			return nil, err
		}
		if b, err = unwrap.PEM(b); err != nil {
			return nil, fmt.Errorf("%s %w", file.Written, err)
		}
		if !pool.AppendCertsFromPEM(b) {
			return nil, fmt.Errorf("%s holds no certificate", file.Written)
		}
	}
	return pool, nil
}

// proof reads the key or the secret with which the client authenticates.
func (m Machine) proof(ctx context.Context, p *config.Proof) (idcs.Proof, error) {
	switch {
	case p == nil:
		return idcs.Public{}, nil
	case p.Signs():
		s, err := m.signer(p.Key, p.Audience)
		return idcs.Assertion{Signer: s}, err
	}
	s, err := m.secret(ctx, p)
	return idcs.Secret{Secret: s}, err
}

// secret reads the client secret; see package unwrap for the forms that it may have.
func (m Machine) secret(ctx context.Context, p *config.Proof) (secret.Text, error) {
	var raw []byte
	var from string
	switch {
	case !p.SecretFile.IsZero():
		b, err := config.ReadSecret(p.SecretFile)
		if file, ok := errors.AsType[*config.FileError](err); ok && errors.Is(err, fs.ErrNotExist) {
			file.Typed = true
		}
		if err != nil {
			return secret.Text{}, err
		}
		raw, from = b, p.SecretFile.Written
	case p.SecretEnv != "":
		from = "the variable " + p.SecretEnv
		if raw = []byte(m.Getenv(p.SecretEnv)); len(raw) == 0 {
			return secret.Text{}, fmt.Errorf("%s, which should hold the client secret, is not set", from)
		}
	case !m.Typed.Empty():
		return m.Typed, nil
	default:
		return m.command(ctx, p, nil)
	}
	return unwrapped(raw, from)
}

// command runs a secret_command and returns the secret that it prints.
func (m Machine) command(ctx context.Context, p *config.Proof, at *Terminal) (secret.Text, error) {
	raw, err := m.run(ctx, "secret_command", p.SecretCommand, at, nil)
	if err != nil {
		return secret.Text{}, err
	}
	return unwrapped(raw, "secret_command "+p.SecretCommand[0])
}

func unwrapped(raw []byte, from string) (secret.Text, error) {
	s, err := unwrap.Secret(raw)
	if err != nil {
		return secret.Text{}, fmt.Errorf("the client secret of %s %w", text.Clean(from), err)
	}
	return secret.New(s), nil
}

// Prepare runs a secret_command, which may ask the person at the terminal, before a lock is taken for which others
// would wait. The result is for Typed; empty: there is no secret_command or no terminal.
func (m Machine) Prepare(ctx context.Context, p *config.Profile) (secret.Text, error) {
	if p.Client == nil || p.Client.SecretCommand == nil || m.Terminal == nil {
		return secret.Text{}, nil
	}
	return m.command(ctx, p.Client, m.Terminal)
}

// userAssertion is a grant with the profile's user, signed by the user's key.
func userAssertion(m Machine, p *config.Profile) (idcs.Grant, error) {
	u := p.User
	s, err := m.signer(u.Key, u.Audience)
	if err != nil {
		return nil, err
	}
	return idcs.UserAssertion{Subject: u.Subject, Signer: s, Scope: p.LoginScope()}, nil
}

// signer reads a key, or prepares the agent or command that signs, and reads the certificate.
func (m Machine) signer(k config.Key, audience string) (idcs.Signer, error) {
	s := idcs.Signer{KeyID: k.KeyID, Audience: audience}
	if !k.KeyFile.IsZero() {
		pem, err := config.ReadSecret(k.KeyFile)
		if err != nil {
			return idcs.Signer{}, err
		}
		if pem, err = unwrap.PEM(pem); err != nil {
			return idcs.Signer{}, fmt.Errorf("%s %w", k.KeyFile.Written, err)
		}
		if s.Key, err = rsakey.Parse(pem); err != nil {
			return idcs.Signer{}, fmt.Errorf("%s %w", k.KeyFile.Written, err)
		}
	}
	if k.CertFile.IsZero() {
		return s, nil
	}
	pem, err := config.ReadPublic(k.CertFile)
	if err != nil {
		return idcs.Signer{}, err
	}
	if pem, err = unwrap.PEM(pem); err != nil {
		return idcs.Signer{}, fmt.Errorf("%s %w", k.CertFile.Written, err)
	}
	cert, err := rsakey.ParseCertificate(pem)
	if err == nil && k.KeyFile.IsZero() && cert.Weak() {
		err = rsakey.ErrCertificateWeak
	}
	if err != nil {
		return idcs.Signer{}, fmt.Errorf("%s %w", k.CertFile.Written, err)
	}
	if s.KeyID == "" {
		s.Thumbprint = cert.Thumbprint
	}
	switch {
	case len(k.SignCommand) > 0:
		s.Sign = func(ctx context.Context, input []byte) ([]byte, error) { return m.signByCommand(ctx, k, cert, input) }
	case !k.SignAgent.IsZero():
		s.Sign = func(ctx context.Context, input []byte) ([]byte, error) {
			return signer.Agent(ctx, "sign_agent "+text.Clean(k.SignAgent.Written), k.SignAgent.Full, cert, input)
		}
	case !s.Key.Matches(cert):
		return idcs.Signer{}, fmt.Errorf("%s is not the certificate of %s", k.CertFile.Written, k.KeyFile.Written)
	}
	return s, nil
}

// signByCommand runs a sign_command: the signing input on stdin, the signature on stdout.
func (m Machine) signByCommand(ctx context.Context, k config.Key, cert rsakey.Certificate, input []byte) ([]byte, error) {
	printed, err := m.run(ctx, "sign_command", k.SignCommand, nil, input)
	if err != nil {
		return nil, err
	}
	return signer.Checked("sign_command "+text.Clean(k.SignCommand[0]), cert, input, signer.Decoded(printed, cert.Size()))
}
