package keyring

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/keyring"
	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"golang.org/x/sys/unix"
)

var program machine.Program

func TestMain(m *testing.M) {
	if words := os.Args[1:]; os.Getenv(denied) != "" && len(words) > 0 {
		errno := unix.EPERM
		if os.Getenv(denied) == "ENOSYS" {
			errno = unix.ENOSYS
		}
		if err := deny(errno); err != nil {
			panic(err)
		}
		panic(syscall.Exec(words[0], words, os.Environ()))
	}
	if words := os.Args[1:]; os.Getenv(quota) != "" && len(words) > 0 {
		os.Exit(fill(words))
	}
	os.Exit(machine.Main(m, &program))
}

// denied is the variable by which the test's own program runs another one without keyctl, as containers do.
const denied = "KEYRING_TEST_DENIED"

// withoutKeyctl is the call where the kernel's keyrings are denied.
func withoutKeyctl(t testing.TB, c machine.Call) machine.Call {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c.Wrap = append([]string{self}, c.Wrap...)
	return c.With(denied + "=1")
}

// deny has the kernel answer so to the three calls of keyrings(7), whoever asks (seccomp(2)).
func deny(errno syscall.Errno) error {
	const load, jump, give = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	program := []unix.SockFilter{
		{Code: load, K: 0}, // the number of the call
		{Code: jump, K: unix.SYS_KEYCTL, Jt: 3},
		{Code: jump, K: unix.SYS_ADD_KEY, Jt: 2},
		{Code: jump, K: unix.SYS_REQUEST_KEY, Jt: 1},
		{Code: give, K: unix.SECCOMP_RET_ALLOW},
		{Code: give, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return filter(unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
}

// A room is a machine whose session has a bus.
type room struct {
	testing.TB
	*machine.Machine
	bus *keyring.Bus
}

func newRoom(t testing.TB, kind machine.Kind) *room {
	t.Helper()
	r := &room{TB: t, Machine: machine.New(t, program, idcstest.Start(t, idcstest.Options{}), kind), bus: keyring.Start(t)}
	r.Env = append(r.Env, "DBUS_SESSION_BUS_ADDRESS="+r.bus.Address)
	r.Profile.Top = "seal = \"keyring\"\n"
	r.Configure()
	t.Cleanup(r.forgetCopy)
	return r
}

// mute is what is said of a keyring that needs more than its 300 ms.
const mute = "the keyring doesn't answer"

// do runs a call, again where the keyring needed more because the machine has much else to do.
func (r *room) do(c machine.Call) machine.Result {
	r.Helper()
	for i := 0; ; i++ {
		got := r.Do(c)
		if i == 20 || !strings.Contains(got.Stderr, mute) {
			return got
		}
	}
}

// people runs a command.
func (r *room) people(args ...string) machine.Result {
	r.Helper()
	return r.do(machine.Call{Name: machine.People, Args: args})
}

// wants asserts how a call ended, and what it said.
func (r *room) wants(got machine.Result, exit int, text string) {
	r.Helper()
	if got.Exit != exit || !strings.Contains(got.Stderr, text) {
		r.Errorf("%s; want exit %d and %q", got, exit, text)
	}
}

// served asserts that a call printed a token.
func (r *room) served(got machine.Result) {
	r.Helper()
	if got.Exit != 0 || got.Secret() == "" {
		r.Errorf("%s; want a token", got)
	}
}

func (r *room) logIn() {
	r.Helper()
	r.wants(r.do(r.LoginCall()), 0, "logged in")
	r.opaque()
}

// opaque asserts that no file below the home holds a token.
func (r *room) opaque() {
	r.Helper()
	for path, content := range r.files() {
		for _, secret := range r.Domain.Secrets() {
			if strings.HasPrefix(path, r.Cache) && strings.Contains(content, secret) {
				r.Errorf("%s holds a token in the clear", path)
			}
		}
	}
}

// files are the contents of all files below the cache folder, by path.
func (r *room) files() map[string]string {
	r.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(r.Cache, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all[path] = string(b)
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	return all
}

// digest changes when any file does.
func (r *room) digest() string {
	r.Helper()
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, r.files())))
}

// keyID is the id in seal.json, or empty.
func (r *room) keyID() string {
	b, _ := os.ReadFile(filepath.Join(r.Cache, "seal.json"))
	_, rest, _ := strings.Cut(string(b), `"key":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

// copied reports whether the kernel has a copy of the folder's key.
func (r *room) copied() bool {
	_, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "user", "credential-idcs:"+r.keyID(), 0)
	return err == nil
}

// forgetCopy takes the kernel's copy away, as a reboot does.
func (r *room) forgetCopy() {
	serial, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "user", "credential-idcs:"+r.keyID(), 0)
	if err == nil {
		_, err = unix.KeyctlInt(unix.KEYCTL_UNLINK, serial, unix.KEY_SPEC_USER_KEYRING, 0, 0)
	}
	if err != nil && r.keyID() != "" && keyctlWorks() && err != unix.ENOKEY {
		r.Errorf("the kernel's copy: %v", err)
	}
}

func keyctlWorks() bool {
	_, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_USER_KEYRING, true)
	return err == nil
}

// needKeyctl skips where this process may not use the kernel's keyrings.
func needKeyctl(t testing.TB) {
	t.Helper()
	if !keyctlWorks() {
		need.Missing(t, "the kernel's keyring")
	}
}

// repeat is how often something is repeated: once with -short, more by CREDENTIAL_IDCS_REPEAT.
func repeat(t *testing.T, n int) int {
	t.Helper()
	if testing.Short() {
		return 1
	}
	if factor, err := strconv.Atoi(os.Getenv("CREDENTIAL_IDCS_REPEAT")); err == nil && factor > 0 {
		return n * factor
	}
	return n
}
