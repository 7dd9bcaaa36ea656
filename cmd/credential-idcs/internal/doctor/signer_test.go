//go:build unix

package doctor

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/config"
)

// Who signs in place of a key file is judged by what checks it, and by where its socket lies.
func TestSignersAreJudgedByTheirCertificateAndTheirPlace(t *testing.T) {
	w := newWard(t)
	p := w.profile("https://git.example.com")
	p.Client.KeyFile = config.Path{}
	p.Client.SignCommand = []string{"/nowhere/sign"}
	has(t, w.lookOffline(p), "ok       profile work: client-cert.pem is good until ")
	has(t, w.look(func(d *Doctor) { d.Profile(context.Background(), p, false) }), "error    profile work: ", "sign_command /nowhere/sign failed: ")
	w.ahead = time.Until(certificateEnd(t, w.domain.KeyClient.Key.CertPEM())) + time.Hour
	has(t, w.lookOffline(p), "error    profile work: client-cert.pem expired on ", "; have another one imported into the domain\n")
	w.ahead = 0
	w.file("client-cert.pem", "nothing")
	has(t, w.lookOffline(p), "error    profile work: client-cert.pem holds no certificate\n")
	w.file("client-cert.pem", string(w.domain.KeyClient.Key.CertPEM()))

	dir, err := os.MkdirTemp("", "doctor") // a socket's path has 108 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "a.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p.Client.SignCommand, p.Client.SignAgent = nil, config.Path{Written: "a.sock", Full: socket}
	report := w.lookOffline(p)
	has(t, report, "ok       profile work: client-cert.pem is good until ")
	lacks(t, report, "sign_agent")
	w.env["SSH_AUTH_SOCK"] = filepath.Join(dir, ".", "a.sock")
	has(t, w.lookOffline(p), "warning  profile work: sign_agent is the agent of SSH_AUTH_SOCK: root of every host that it is forwarded to can sign as any user of the domain; use one of its own\n")
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	has(t, w.lookOffline(p), "warning  profile work: the folder of sign_agent can be written by others: they can put another agent in its place\n\tchmod go-w "+dir+"\n")
}
