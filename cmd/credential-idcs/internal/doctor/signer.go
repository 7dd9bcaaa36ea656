package doctor

import (
	"os"
	"path/filepath"

	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// signer checks an agent or a command that signs in place of a key file: its certificate, and where the agent's
// socket is. Whether it really signs, d.domain finds out.
func (d *Doctor) signer(p *config.Profile, k config.Key) bool {
	cert, ok := d.certificate(p, k.CertFile)
	switch {
	case !ok:
		return false
	case cert.Weak():
		d.problem(of(p)+k.CertFile.Written+" "+rsakey.ErrCertificateWeak.Error(), text.Edit(d.Config))
		return false
	}
	d.valid(p, k.CertFile, cert, "; have another one imported into the domain", text.Edit(d.Config), "")
	if k.SignAgent.IsZero() {
		return true
	}
	socket := k.SignAgent.Full
	here, err := os.Stat(socket)
	if err != nil {
		return true // d.domain reports why
	}
	if theirs, err := os.Stat(d.Getenv("SSH_AUTH_SOCK")); err == nil && os.SameFile(here, theirs) {
		d.warn(of(p)+"sign_agent is the agent of SSH_AUTH_SOCK: root of every host that it is forwarded to can sign as any user of the domain; use one of its own", text.Edit(d.Config))
	}
	folder := filepath.Dir(socket)
	if fi, err := os.Stat(folder); err == nil && fi.Mode().Perm()&0o022 != 0 && fi.Mode()&os.ModeSticky == 0 {
		d.warn(of(p)+"the folder of sign_agent can be written by others: they can put another agent in its place", text.Keep("go", folder))
	}
	return true
}
