package signer

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// A tpm is a TPM of its own, in software. What it stores stays when it ends, as with one that loses power.
type tpm struct {
	*testing.T
	dir     string
	cmd     *exec.Cmd
	ended   chan struct{}
	session []string // variables that lead its clients to it
}

func newTPM(t *testing.T) *tpm {
	t.Helper()
	need.Tool(t, "swtpm")
	dir, err := os.MkdirTemp("", "tpm") // a socket's path has 108 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	at := "swtpm:path=" + filepath.Join(dir, "sock")
	m := &tpm{T: t, dir: dir, session: []string{"TPM2TOOLS_TCTI=" + at, "TPM2OPENSSL_TCTI=" + at, "TPM2_PKCS11_TCTI=" + at, "TSS2_LOG=all+none"}}
	t.Cleanup(m.end)
	m.begin()
	return m
}

// begin gives it power, and returns when it answers.
func (m *tpm) begin() {
	m.Helper()
	sock := filepath.Join(m.dir, "sock")
	m.cmd = exec.Command("swtpm", "socket", "--tpm2", "--tpmstate", "dir="+m.dir,
		"--server", "type=unixio,path="+sock, "--ctrl", "type=unixio,path="+sock+".ctrl", "--flags", "not-need-init,startup-clear")
	var said bytes.Buffer
	m.cmd.Stdout, m.cmd.Stderr = &said, &said
	if err := m.cmd.Start(); err != nil {
		m.Fatal(err)
	}
	cmd, ended := m.cmd, make(chan struct{})
	m.ended = ended
	go func() { _ = cmd.Wait(); close(ended) }()
	for {
		if conn, err := net.Dial("unix", sock); err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			m.Fatalf("swtpm: %s", said.String())
		case <-time.After(10 * time.Millisecond): // it doesn't say when it is ready
		}
	}
}

// end takes the power away.
func (m *tpm) end() {
	if m.cmd != nil {
		_ = m.cmd.Process.Kill()
		<-m.ended
	}
}

// signal stops it, or lets it go on.
func (m *tpm) signal(s syscall.Signal) {
	m.Helper()
	if err := m.cmd.Process.Signal(s); err != nil {
		m.Fatal(err)
	}
}

// sh runs lines of a shell, and after each takes out of the TPM what it left there, as the kernel does for who uses
// /dev/tpmrm0.
func (m *tpm) sh(dir string, env []string, lines string) {
	m.Helper()
	lines = strings.ReplaceAll(strings.TrimSuffix(lines, "\n"), "\n", "\ntpm2_flushcontext -t\n")
	cmd := exec.Command("/bin/sh", "-exc", lines)
	cmd.Dir, cmd.Env = dir, append(append([]string(nil), env...), m.session...)
	if out, err := cmd.CombinedOutput(); err != nil {
		m.Fatalf("%v\n%s", err, out)
	}
}
