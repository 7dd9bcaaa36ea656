//go:build unix

package signer

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/internal/rsakey"
)

// A bench is a folder with a key, a script that answers for a person, and an agent to come.
type bench struct {
	t      *testing.T
	dir    string
	socket string
	env    []string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir, err := os.MkdirTemp("", "signer") // a socket's path has 108 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b := &bench{t: t, dir: dir, socket: filepath.Join(dir, "agent.sock")}
	mine, _ := keys()
	der, err := x509.MarshalPKCS8PrivateKey(mine)
	if err != nil {
		t.Fatal(err)
	}
	b.write("key.pem", 0o600, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	b.write("ask", 0o700, "#!/bin/sh\necho 1234\n")
	b.write("no", 0o700, "#!/bin/sh\nexit 1\n")
	b.env = append(os.Environ(), "HOME="+dir, "SSH_AUTH_SOCK="+b.socket, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=:none",
		"SSH_ASKPASS="+b.path("ask"), "SOFTHSM2_CONF="+b.path("softhsm.conf"))
	return b
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) write(name string, mode os.FileMode, content string) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(content), mode); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) run(env string, name string, args ...string) string {
	b.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(b.env, env)
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// daemon runs an agent in the foreground until the test ends, and returns when its socket stands.
func (b *bench) daemon(name string, args ...string) {
	b.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = b.env
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	b.t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	for {
		if conn, err := net.Dial("unix", b.socket); err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			b.t.Fatalf("%s ended: %s", name, said.String())
		case <-time.After(10 * time.Millisecond): // no agent says when it is ready
		}
	}
}

func (b *bench) signs(cert rsakey.Certificate) error {
	b.t.Helper()
	got, err := Agent(bound(b.t), "sign_agent agent.sock", b.socket, cert, message)
	if err == nil && !cert.Signed(message, got) {
		b.t.Error("no signature, and no error")
	}
	return err
}

const refused = "sign_agent agent.sock refused to sign: it is locked, asks for a confirmation, or has no such key"

func TestOpenSSHsAgentSigns(t *testing.T) {
	agent, add := need.Tool(t, "ssh-agent"), need.Tool(t, "ssh-add")
	b := newBench(t)
	b.daemon(agent, "-D", "-a", b.socket)
	mine, other := keys()
	cert := certificate(t, mine)
	if err := b.signs(cert); err == nil || err.Error() != refused {
		t.Errorf("without a key: %v", err)
	}
	b.run("", add, "-q", b.path("key.pem"))
	if err := b.signs(cert); err != nil {
		t.Error(err)
	}
	if err := b.signs(certificate(t, other)); err == nil || err.Error() != refused {
		t.Errorf("with the certificate of another: %v", err)
	}
	b.run("", add, "-x")
	if err := b.signs(cert); err == nil || err.Error() != refused {
		t.Errorf("locked: %v", err)
	}
	b.run("", add, "-X")
	if err := b.signs(cert); err != nil {
		t.Errorf("unlocked: %v", err)
	}
	b.run("", add, "-q", "-D")
	if err := b.signs(cert); err == nil || err.Error() != refused {
		t.Errorf("without the key again: %v", err)
	}
}

// A key that asks for each use, and nobody says yes.
func TestOpenSSHsAgentAsks(t *testing.T) {
	agent, add := need.Tool(t, "ssh-agent"), need.Tool(t, "ssh-add")
	b := newBench(t)
	b.env = append(b.env, "SSH_ASKPASS="+b.path("no"))
	b.daemon(agent, "-D", "-a", b.socket)
	b.run("", add, "-q", "-c", b.path("key.pem"))
	mine, _ := keys()
	if err := b.signs(certificate(t, mine)); err == nil || err.Error() != refused {
		t.Errorf("got %v", err)
	}
}

// Who may put an agent there is root or we.
func TestAnotherUsersSocket(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give a socket away")
	}
	mine, _ := keys()
	cert := certificate(t, mine)
	asked := false
	socket := fakeAgent(t, func(conn net.Conn, _ []byte) {
		asked = true
		_, _ = conn.Write(response(wantFormat, sign(t, mine, message)))
	})
	if err := os.Chown(socket, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if _, err := Agent(bound(t), "sign_agent x", socket, cert, message); err == nil || err.Error() != "sign_agent x belongs to another user" || asked {
		t.Errorf("got %v, asked %v", err, asked)
	}
}

// PKCS#11, and so smart cards and HSMs, stand behind OpenSSH's agent.
func TestSoftHSMSignsBehindOpenSSHsAgent(t *testing.T) {
	agent, add, util := need.Tool(t, "ssh-agent"), need.Tool(t, "ssh-add"), need.Tool(t, "softhsm2-util")
	library := "/usr/lib/softhsm/libsofthsm2.so"
	if _, err := os.Stat(library); err != nil {
		need.Missing(t, library)
	}
	b := newBench(t)
	if err := os.Mkdir(b.path("tokens"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.write("softhsm.conf", 0o600, "directories.tokendir = "+b.path("tokens")+"\nobjectstore.backend = file\n")
	b.run("", util, "--init-token", "--free", "--label", "t", "--pin", "1234", "--so-pin", "1234")
	b.run("", util, "--import", b.path("key.pem"), "--token", "t", "--label", "k", "--id", "01", "--pin", "1234")
	b.daemon(agent, "-D", "-a", b.socket)
	b.run("", add, "-s", library)
	mine, _ := keys()
	if err := b.signs(certificate(t, mine)); err != nil {
		t.Error(err)
	}
	b.run("", add, "-e", library)
	if err := b.signs(certificate(t, mine)); err == nil || err.Error() != refused {
		t.Errorf("taken out: %v", err)
	}
}

// GnuPG's agent speaks the same protocol for the keys that are listed for it. Its key never leaves it, so
// the certificate is made for what it says.
func TestGnuPGsAgentSigns(t *testing.T) {
	gpg, agent, conf, add := need.Tool(t, "gpg"), need.Tool(t, "gpg-agent"), need.Tool(t, "gpgconf"), need.Tool(t, "ssh-add")
	b := newBench(t)
	b.socket = b.path("S.gpg-agent.ssh")
	b.env = append(b.env, "GNUPGHOME="+b.dir, "SSH_AUTH_SOCK="+b.socket)
	if err := os.Chmod(b.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	// It goes into the background by itself, and must not hold a pipe of the test's.
	start := exec.Command(agent, "--homedir", b.dir, "--enable-ssh-support", "--daemon")
	start.Env = b.env
	if err := start.Run(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.run("", conf, "--homedir", b.dir, "--kill", "gpg-agent") })
	b.run("", gpg, "--homedir", b.dir, "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "test@example.com", "rsa2048", "auth,cert")
	list := b.run("", gpg, "--homedir", b.dir, "--batch", "--with-colons", "--with-keygrip", "--list-secret-keys")
	_, grip, _ := strings.Cut(list, "\ngrp:::::::::")
	grip, _, _ = strings.Cut(grip, ":")
	b.write("sshcontrol", 0o600, grip+" 0\n")
	fields := strings.Fields(b.run("", add, "-L"))
	if len(fields) < 2 || fields[0] != "ssh-rsa" {
		t.Fatalf("the agent has %q", fields)
	}
	blob, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := cutString(blob)
	e, rest, _ := cutString(rest)
	n, _, _ := cutString(rest)
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	mine, _ := keys()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, mine)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := rsakey.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.signs(cert); err != nil {
		t.Error(err)
	}
}
