package signer

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var program machine.Program

func TestMain(m *testing.M) { os.Exit(machine.Main(m, &program)) }

// docs are the blocks of a section of docs/keys.md: its commands, and its lines of the configuration.
func docs(t *testing.T, heading string) (commands []string, toml string) {
	t.Helper()
	b, err := os.ReadFile("../../docs/keys.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	parts := strings.Split(section, "\n```")
	for i := 1; i < len(parts); i += 2 { // what is between the fences
		_, content, _ := strings.Cut(parts[i], "\n")
		if strings.HasPrefix(content, "[profiles.ci.client]\n") {
			toml = content + "\n"
		} else {
			commands = append(commands, content+"\n")
		}
	}
	if toml == "" || len(commands) == 0 {
		t.Fatalf("docs/keys.md has no commands or no configuration below %q", heading)
	}
	return commands, toml
}

// A room is a machine with a TPM, whose profile's key is in it.
type room struct {
	*testing.T
	*machine.Machine
	tpm    *tpm
	folder string // of the configuration
}

func newRoom(t *testing.T) *room {
	t.Helper()
	m := newTPM(t)
	r := &room{T: t, Machine: machine.New(t, program, idcstest.Start(t, idcstest.Options{}), machine.Alone), tpm: m}
	r.folder = filepath.Join(r.Home, ".config", "credential-idcs")
	r.Env = append(r.Env, m.session...)
	return r
}

// imported tells the domain of the certificate in a file, as the administrator does, and configures who signs.
func (r *room) imported(cert, proof string) {
	r.Helper()
	b, err := os.ReadFile(filepath.Join(r.folder, cert))
	if err != nil {
		r.Fatal(err)
	}
	key, err := idcstest.ImportKey("tpm", b)
	if err != nil {
		r.Fatal(err)
	}
	client := r.Domain.KeyClient
	client.Key = key
	if err := r.Domain.AddClient(client); err != nil {
		r.Fatal(err)
	}
	r.Profile.Proof = proof
	r.Configure()
	if err := os.Remove(filepath.Join(r.folder, "client-key.pem")); err != nil && !os.IsNotExist(err) {
		r.Fatal(err)
	}
}

// serves asserts that a login, the tools and a crowd at an expiry are served.
func (r *room) serves() {
	r.Helper()
	for _, c := range append([]machine.Call{r.LoginCall()}, machine.Mixed(4)...) {
		if got := r.Do(c); got.Exit != 0 {
			r.Errorf("%s", got)
		}
	}
	r.Expire()
	before := r.Domain.Posts(idcstest.Refresh)
	for _, got := range r.Crowd(machine.Mixed(16)...) {
		if got.Exit != 0 || got.Secret() == "" {
			r.Errorf("%s", got)
		}
	}
	if n := r.Domain.Posts(idcstest.Refresh) - before; n != 1 {
		r.Errorf("%d refreshes", n)
	}
}

// signs asserts that a login has its signatures.
func (r *room) signs() {
	r.Helper()
	if got := r.Do(r.LoginCall()); got.Exit != 0 {
		r.Errorf("%s", got)
	}
}

// refuses asserts that who has no token yet gets none, by whatever way, and that the domain hears nothing of it.
func (r *room) refuses(why string) {
	r.Helper()
	before := r.Domain.Counts().Connections
	elsewhere := "CREDENTIAL_IDCS_CACHE_DIR=" + r.TempDir()
	for _, got := range r.Crowd(r.LoginCall().With(elsewhere), machine.Git.With(elsewhere), machine.Docker.With(elsewhere), machine.Token.With(elsewhere)) {
		if said := got.Stdout + got.Stderr; got.Exit != got.Status(5) || !strings.Contains(said, why) {
			r.Errorf("%s, stdout %q; want exit 5 and %q", got, got.Stdout, why)
		}
	}
	stored := r.Do(machine.Token) // what is there already is served
	if stored.Exit != 0 {
		r.Errorf("%s", stored)
	}
	if n := r.Domain.Counts().Connections - before; n != 0 {
		r.Errorf("%s: %d connections", why, n)
	}
}

// H3: The key of a TPM signs by a command, as docs/keys.md has it, for everybody and after a restart. Where it can't,
// nothing is sent.
func TestATPMSignsByACommand(t *testing.T) {
	t.Parallel()
	need.Tool(t, "tpm2")
	need.Tool(t, "openssl")
	if providers, _ := filepath.Glob("/usr/lib*/*/ossl-modules/tpm2.so"); providers == nil {
		need.Missing(t, "tpm2-openssl")
	}
	r := newRoom(t)
	commands, toml := docs(t, "A TPM by a command")
	r.tpm.sh(r.folder, r.Env, commands[0])
	_, proof, _ := strings.Cut(toml, "[profiles.ci.client]\n")
	r.imported("client-cert.pem", proof)
	r.serves()
	r.imported("client-cert.pem", proof+"key_id = \"tpm\"\n")
	r.signs()

	r.tpm.signal(syscall.SIGSTOP)
	r.refuses("sign_command tpm2_sign took longer than 3s")
	r.tpm.signal(syscall.SIGCONT)
	r.signs()
	r.tpm.end()
	r.refuses("sign_command tpm2_sign failed: ")
	r.tpm.begin()
	r.signs()

	if os.Geteuid() == 0 { // another user has it, who can't open our pipe by its name
		for _, path := range []string{r.tpm.dir, filepath.Join(r.tpm.dir, "sock"), filepath.Join(r.tpm.dir, "sock.ctrl")} {
			if err := os.Chmod(path, 0o777); err != nil {
				t.Fatal(err)
			}
		}
		by := func(pipe string) {
			words := fmt.Sprintf("%q, \"--reuid\", \"65534\", \"--clear-groups\", \"/bin/sh\", \"-c\", ", need.Tool(t, "setpriv"))
			command, rest, _ := strings.Cut(proof, "\n")
			command = strings.NewReplacer(`", "`, " ", `["`, "["+words+`"`, `"]`, pipe+`"]`).Replace(command)
			r.imported("client-cert.pem", command+"\n"+rest)
		}
		by("")
		r.refuses(`Could not open file "/dev/stdout", error: Permission denied`)
		by(" | cat")
		r.signs()
	}

	// Another key, with a password, and not that of the certificate. Contexts don't outlive a restart.
	_, create, _ := strings.Cut(commands[0], "\n")
	create, _, _ = strings.Cut(create, "\nopenssl ")
	create = strings.NewReplacer("key.", "other.", "|noda'", "' -p right", "0x81010001", "0x81010002").Replace(create)
	r.tpm.sh(r.folder, r.Env, "tpm2_createprimary -Q -C o -c primary.ctx\n"+create)
	other := func(password string) {
		r.imported("client-cert.pem", strings.NewReplacer("0x81010001", "0x81010002", `"tpm2_sign",`, `"tpm2_sign", "-p", "`+password+`",`).Replace(proof))
	}
	other("right")
	r.refuses("sign_command tpm2_sign gave 256 bytes that are no signature (RS256) by cert_file's key")
	r.tpm.sh(r.folder, r.Env, "tpm2_dictionarylockout -s -n 1 -t 10000 -l 10000\n")
	other("wrong")
	r.refuses("sign_command tpm2_sign failed: ")
	other("right")
	r.refuses("sign_command tpm2_sign failed: ERROR: Eys_Sign(0x921)") // for others it is locked now
	r.imported("client-cert.pem", proof)
	r.signs()
}

// The key of a TPM signs behind OpenSSH's agent, as docs/keys.md has it. A PIN that is wrong, or a TPM that is gone, is
// an agent that refuses.
func TestATPMSignsBehindOpenSSHsAgent(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tpm2", "pkcs11-tool", "certtool", "ssh-agent", "ssh-add"} {
		need.Tool(t, name)
	}
	modules, _ := filepath.Glob("/usr/lib/*/pkcs11/libtpm2_pkcs11.so")
	if len(modules) != 1 {
		need.Missing(t, "libtpm2_pkcs11.so")
	}
	r := newRoom(t)
	commands, toml := docs(t, "A TPM behind an ssh agent")
	r.Put("ask", "#!/bin/sh\nexec cat \"$HOME/pin\"\n")
	if err := os.Chmod(filepath.Join(r.Home, "ask"), 0o700); err != nil {
		t.Fatal(err)
	}
	env := append(r.Env, "PIN=123456", "GNUTLS_PIN=123456", "SSH_ASKPASS="+filepath.Join(r.Home, "ask"), "SSH_ASKPASS_REQUIRE=force", "DISPLAY=:none")
	r.tpm.sh(r.folder, env, commands[0])
	// The socket's path may have 108 bytes.
	socket := filepath.Join(r.tpm.dir, "agent.sock")
	_, proof, _ := strings.Cut(toml, "[profiles.ci.client]\n")
	proof = strings.Replace(proof, "~/.ssh/idcs-agent.sock", socket, 1)
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	agent.Env = append(append([]string(nil), env...), r.tpm.session...)
	agent.Env = append(agent.Env, "TPM2_PKCS11_STORE="+filepath.Join(r.Home, ".tpm2_pkcs11"), "TPM2_PKCS11_BACKEND=esysdb")
	out, err := agent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = agent.Process.Kill(); _ = agent.Wait() })
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil { // it listens before it says where
		t.Fatal(err)
	}
	add := func(pin string, words ...string) error {
		r.Put("pin", pin+"\n")
		cmd := exec.Command("ssh-add", append(words, modules[0])...)
		cmd.Env = append(append([]string(nil), env...), "SSH_AUTH_SOCK="+socket)
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		return err
	}
	if err := add("123456", "-s"); err != nil {
		t.Fatal(err)
	}
	r.imported("client-cert.pem", proof)
	r.serves()
	const refused = " refused to sign: it is locked, asks for a confirmation, or has no such key"
	r.tpm.signal(syscall.SIGSTOP)
	r.refuses("agent.sock didn't sign in time; does its key wait for a touch or a password")
	r.tpm.signal(syscall.SIGCONT)
	r.signs()
	if err := add("", "-e"); err != nil {
		t.Fatal(err)
	}
	if err := add("654321", "-s"); err == nil {
		t.Error("the TPM took a wrong PIN")
	}
	r.refuses(refused)
	if err := add("123456", "-s"); err != nil {
		t.Fatal(err)
	}
	r.signs()
	r.tpm.end()
	r.refuses(refused)
}
