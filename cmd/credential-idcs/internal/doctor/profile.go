package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/credential-idcs/credential-idcs/internal/unwrap"
)

// Profile checks a profile's files, domain and login. Offline, nothing uses the network.
func (d *Doctor) Profile(ctx context.Context, p *config.Profile, offline bool) {
	d.Unserved(p)
	if p.Login != config.OCILogin {
		if e := d.Settings(ctx, p, offline); e != nil {
			d.login(p, e)
		}
	}
	if p.OCI != nil {
		d.oracle(ctx, p, offline)
	}
}

// Settings is Profile without the login. The engine is nil if the cache folder can't be used.
func (d *Doctor) Settings(ctx context.Context, p *config.Profile, offline bool) *engine.Engine {
	d.check, d.profile = "profile", p.Name
	ready := d.files(p)
	if m := methods.Named(p.Login); m != nil && m.Redirects {
		d.rival(p)
		d.browser(p)
	}
	e, err := d.Engine(p)
	if err != nil {
		d.unusable(p, err)
		return nil
	}
	switch {
	case offline:
	case ready:
		d.domain(ctx, p, e)
	default:
		d.warn(of(p)+"the domain was not asked: what proves the client can't be read", "credential-idcs doctor "+text.Word(p.Name))
	}
	return e
}

//go:noinline
func of(p *config.Profile) string { return "profile " + p.Name + ": " }

// files checks keys, secrets and certificates. False: the client's proof can't be made.
func (d *Doctor) files(p *config.Profile) bool {
	ready := true
	for _, file := range p.CA.Files {
		ready = d.authority(p, file) && ready
	}
	var proof config.Proof
	if p.Client != nil {
		proof = *p.Client
	}
	switch {
	case !proof.KeyFile.IsZero():
		ready = d.pair(p, proof.KeyFile, proof.CertFile) && ready
	case proof.Signs():
		ready = d.signer(p, proof.Key) && ready
	case !proof.SecretFile.IsZero():
		ready = d.secretFile(p, proof.SecretFile) && ready
	case proof.SecretEnv != "" && d.Getenv(proof.SecretEnv) == "":
		d.problem(of(p)+"the variable "+proof.SecretEnv+", which should hold the client secret, is not set", text.SetHidden(proof.SecretEnv))
		ready = false
	case proof.SecretEnv != "":
		if _, err := unwrap.Secret([]byte(d.Getenv(proof.SecretEnv))); err != nil {
			d.problem(of(p)+"the client secret of the variable "+proof.SecretEnv+" "+err.Error(), text.SetHidden(proof.SecretEnv))
			ready = false
		}
	}
	u := p.User
	if u != nil && !u.KeyFile.IsZero() && (u.KeyFile != proof.KeyFile || u.CertFile != proof.CertFile) {
		d.pair(p, u.KeyFile, u.CertFile)
	}
	if u != nil && u.KeyFile.IsZero() && u.Signs() && !u.Same(proof.Key) {
		d.signer(p, u.Key)
	}
	return ready
}

func (d *Doctor) authority(p *config.Profile, file config.Path) bool {
	b, err := config.ReadPublic(file)
	if err != nil {
		d.problem(of(p)+err.Error(), d.Mend(p, err))
		return false
	}
	if b, err = unwrap.PEM(b); err != nil {
		d.problem(of(p)+file.Written+" "+err.Error(), text.Edit(d.Config))
		return false
	}
	if !x509.NewCertPool().AppendCertsFromPEM(b) {
		d.problem(of(p)+file.Written+" holds no certificate", text.Edit(d.Config))
		return false
	}
	d.ok(of(p) + file.Written + " holds certificates")
	return true
}

// alone ends a finding about a secret's file that was read: nobody else can read it. Only modes are checked, which
// Windows doesn't have.
func alone(unix, windows string) string {
	if runtime.GOOS == "windows" {
		return windows + "; who else can read it was not checked"
	}
	return unix + " can be read by nobody else"
}

func (d *Doctor) secretFile(p *config.Profile, path config.Path) bool {
	b, err := config.ReadSecret(path)
	again := text.StoreHidden(path.Full)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.problem(of(p)+err.Error(), again)
	case err != nil:
		d.problem(of(p)+err.Error(), d.Mend(p, err))
	default:
		if _, err := unwrap.Secret(b); err != nil {
			d.problem(of(p)+path.Written+" "+err.Error(), again)
			return false
		}
		d.ok(of(p) + path.Written + alone("", " holds a secret"))
		return true
	}
	return false
}

// newPair is the command that makes a key and its certificate, as in the README.
func newPair(p *config.Profile, keyFile, certFile config.Path) string {
	name := p.ClientID
	if p.Client != nil && p.Client.KeyID != "" {
		name = p.Client.KeyID
	}
	certificate := certFile.Full
	if certificate == "" {
		folder, base := filepath.Split(keyFile.Full)
		certificate = folder + strings.TrimSuffix(strings.TrimSuffix(base, ".pem"), "-key") + "-cert.pem"
	}
	return "openssl req -x509 -newkey rsa:2048 -sha256 -days 1825 -nodes -subj /CN=" + text.Word(name) +
		" -keyout " + text.Word(keyFile.Full) + " -out " + text.Word(certificate)
}

// soon is how long before a certificate's end it is a warning: the administrator who imports the next one may be on
// holiday.
const soon = 30 * 24 * time.Hour

// pair checks a key and its certificate, if the profile has one. False: they can't be used.
func (d *Doctor) pair(p *config.Profile, keyFile config.Path, certFile config.Path) bool {
	pem, err := config.ReadSecret(keyFile)
	if _, lost := os.Stat(certFile.Full); errors.Is(err, fs.ErrNotExist) && !certFile.IsZero() && lost == nil { // a new pair would replace it
		d.problem(of(p)+err.Error()+"; its certificate "+certFile.Written+" is there, so is key_file right?", text.Edit(d.Config))
		return false
	}
	if errors.Is(err, fs.ErrNotExist) {
		d.problem(of(p)+err.Error()+"; make one and have its certificate imported into the domain", newPair(p, keyFile, certFile))
		return false
	}
	if err != nil {
		d.problem(of(p)+err.Error(), d.Mend(p, err))
		return false
	}
	if pem, err = unwrap.PEM(pem); err != nil {
		d.problem(of(p)+keyFile.Written+" "+err.Error(), text.Edit(d.Config))
		return false
	}
	key, err := rsakey.Parse(pem)
	if err != nil {
		d.problem(of(p)+keyFile.Written+" "+err.Error(), text.Edit(d.Config))
		return false
	}
	d.ok(of(p) + keyFile.Written + alone(" is an RSA key and", " is an RSA key"))
	if certFile.IsZero() {
		return true
	}
	cert, ok := d.certificate(p, certFile)
	if !ok {
		return false
	}
	again := "openssl req -x509 -new -key " + text.Word(keyFile.Full) + " -sha256 -days 1825 -subj /CN=" + text.Word(p.ClientID) + " -out " + text.Word(certFile.Full)
	const then = "; make another one and have it imported into the domain"
	if !key.Matches(cert) {
		d.problem(of(p)+certFile.Written+" is not the certificate of "+keyFile.Written+then, again)
		return false
	}
	d.valid(p, certFile, cert, then, again, " belongs to "+keyFile.Written+" and")
	return true // the domain may still accept an expired one; d.domain finds out
}

// certificate reads a certificate and reports what is wrong with it.
func (d *Doctor) certificate(p *config.Profile, certFile config.Path) (cert rsakey.Certificate, ok bool) {
	pem, err := config.ReadPublic(certFile)
	if err != nil {
		d.problem(of(p)+err.Error(), d.Mend(p, err))
		return cert, false
	}
	if pem, err = unwrap.PEM(pem); err == nil {
		cert, err = rsakey.ParseCertificate(pem)
	}
	if err != nil {
		d.problem(of(p)+certFile.Written+" "+err.Error(), text.Edit(d.Config))
		return cert, false
	}
	return cert, true
}

// valid reports how long a certificate is good. Of one that has expired or soon will, then says what to do, and again
// is the command that makes a new one. Of a good one, also says what else was checked.
func (d *Doctor) valid(p *config.Profile, certFile config.Path, cert rsakey.Certificate, then, again, also string) {
	left := cert.NotAfter.Sub(d.Now())
	end := cert.NotAfter.Local().Format(time.DateOnly)
	switch {
	case left <= 0:
		d.problem(of(p)+certFile.Written+" expired on "+end+then, again)
	case d.Now().Before(cert.NotBefore):
		d.problem(of(p)+certFile.Written+" is valid only from "+cert.NotBefore.Local().Format(time.DateTime), "date") // or it is the clock
	case left < soon:
		d.warn(of(p)+fmt.Sprintf("%s expires on %s, in %d days%s", certFile.Written, end, int(left.Hours()/24), then), again)
	default:
		d.ok(of(p) + certFile.Written + also + " is good until " + end)
	}
}
