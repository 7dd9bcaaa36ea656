//go:build linux

package walk

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/sources"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// home is the one of docs.
const home = "/home/ana"

// builtVariable is the folder of the built program, and says that this process is on a machine of its own.
const builtVariable = "WALK_BUILT"

var program machine.Program

func TestMain(m *testing.M) {
	if os.Getenv(builtVariable) != "" {
		os.Exit(m.Run())
	}
	os.Exit(machine.Main(m, &program))
}

// ownMachine runs the calling test once more, on a machine of its own, and reports whether this is
// there.
func ownMachine(t *testing.T) bool {
	t.Helper()
	if os.Getenv(builtVariable) != "" {
		return true
	}
	if err := sources.Look(); err != nil {
		t.Fatal(err)
	}
	for _, read := range append(pages(t), "../../install.sh") { // by a child, which go test doesn't see
		if _, err := os.Stat(read); err != nil {
			t.Fatal(err)
		}
	}
	unshare := need.Tool(t, "unshare")
	if out, err := exec.Command(unshare, "-rmn", "true").CombinedOutput(); err != nil {
		need.Missing(t, fmt.Sprintf("a user namespace (unshare -rmn: %v %s)", err, out))
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), unshare, "-rmn", "--kill-child", self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), builtVariable+"="+string(program))
	out, err := cmd.CombinedOutput()
	if _, why, skipped := strings.Cut(string(out), "--- SKIP"); skipped {
		t.Skip(why)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// A land is the machine that docs speak of.
type land struct {
	*testing.T
	ca      *idcstest.CA
	env     []string // of ana's shell
	sources string   // the folder with install.sh
}

// newLand makes this process's namespaces into it: an empty home, the names of hosts, an authority
// that the system trusts.
func newLand(t *testing.T, hosts ...string) *land {
	t.Helper()
	l := &land{T: t}
	var err error
	if l.ca, err = idcstest.NewCA(); err != nil {
		t.Fatal(err)
	}
	l.must(loopback())
	l.must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	l.must(otherHomes())
	l.must(os.Mkdir(home, 0o700))
	names := "127.0.0.1 localhost\n"
	for i, h := range hosts {
		names += fmt.Sprintf("%s %s\n", ip(i), h)
	}
	l.over("/etc/hosts", names)
	const roots = "/etc/ssl/certs/ca-certificates.crt" // Debian's; git's, docker's, kubectl's and Go's
	old, err := os.ReadFile(roots)
	l.must(err)
	l.over(roots, string(old)+string(l.ca.PEM()))
	l.env = []string{
		"HOME=" + home, "USER=ana", "LANG=C.UTF-8", "TZ=UTC",
		"PATH=" + home + "/.local/bin:" + os.Getenv("PATH"),
	}
	l.unpack()
	return l
}

func (l *land) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// ip is the address of the host with that number.
func ip(i int) string { return fmt.Sprintf("127.0.0.%d", i+2) }

// over puts a file over another.
func (l *land) over(path, content string) {
	l.Helper()
	file := filepath.Join(l.TempDir(), "file")
	l.must(os.WriteFile(file, []byte(content), 0o644))
	l.must(unix.Mount(file, path, "", unix.MS_BIND, ""))
}

// otherHomes makes /home a new folder with what is in it now.
func otherHomes() error {
	old, err := unix.Open("/home", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer unix.Close(old)
	entries, err := os.ReadDir("/home")
	if err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", "/home", "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	for _, e := range entries {
		if !e.IsDir() || e.Name() == filepath.Base(home) {
			continue
		}
		path := filepath.Join("/home", e.Name())
		if err := os.Mkdir(path, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(fmt.Sprintf("/proc/self/fd/%d/%s", old, e.Name()), path, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return err
		}
	}
	return nil
}

// loopback switches lo on, which a new network namespace has off.
func loopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request := struct {
		name  [unix.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{flags: unix.IFF_UP | unix.IFF_RUNNING}
	copy(request.name[:], "lo")
	if _, _, no := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); no != 0 {
		return no
	}
	return nil
}

// serve lets the server at an address be reached at a port of host number i.
func (l *land) serve(i int, port string, at string) {
	l.Helper()
	l.front(net.JoinHostPort(ip(i), port), at)
}

// front lets the server at an address be reached at another one.
func (l *land) front(address, at string) {
	l.Helper()
	front, err := net.Listen("tcp", address)
	l.must(err)
	l.Cleanup(func() { _ = front.Close() })
	go func() {
		for {
			client, err := front.Accept()
			if err != nil {
				return
			}
			go func() {
				defer client.Close()
				server, err := net.Dial("tcp", at)
				if err != nil {
					return
				}
				defer server.Close()
				go func() { _, _ = io.Copy(server, client) }()
				_, _ = io.Copy(client, server)
			}()
		}
	}()
}

// unpack puts a built program beside install.sh: what a machine without Go gets.
func (l *land) unpack() {
	l.Helper()
	l.sources = l.TempDir()
	for _, path := range []string{"../../install.sh", filepath.Join(os.Getenv(builtVariable), machine.People)} {
		b, err := os.ReadFile(path)
		l.must(err)
		l.must(os.WriteFile(filepath.Join(l.sources, filepath.Base(path)), b, 0o755))
	}
}

// pages are the README and docs.
func pages(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(list) == 0 {
		t.Fatalf("docs: %v", err)
	}
	return append(list, "../../README.md")
}

// install is the README's "Install".
func (l *land) install() {
	l.Helper()
	first, _, _ := strings.Cut(page(l.T, "README.md", "## Install").block(l.T, ""), "\n")
	l.run("cd "+l.sources+"\n"+first, "credential-idcs")
}

// shell is ana's, in her home folder, with a script that ends at the first command that fails.
func (l *land) shell(script string, env ...string) *exec.Cmd {
	l.Helper()
	cmd := exec.CommandContext(l.Context(), need.Tool(l.T, "bash"), "-e", "-o", "pipefail", "-c", script)
	cmd.Dir = home
	cmd.Env = append(append([]string(nil), l.env...), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// run runs commands and demands that they end well and say certain words.
func (l *land) run(script string, words string, env ...string) string {
	l.Helper()
	out, err := l.shell(script, env...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), words) {
		l.Fatalf("%v, want %q from\n%s\ngot\n%s", err, words, script, out)
	}
	return string(out)
}

// configure writes a page's configuration.
func (l *land) configure(toml string) {
	l.Helper()
	path := filepath.Join(home, ".config", "credential-idcs", "config.toml")
	l.must(os.MkdirAll(filepath.Dir(path), 0o700))
	l.must(os.WriteFile(path, []byte(toml), 0o600))
}

// read is a file in the home folder.
func (l *land) read(name string) string {
	l.Helper()
	b, err := os.ReadFile(filepath.Join(home, name))
	l.must(err)
	return string(b)
}

// find reads lines until one matches, and returns its group.
func (l *land) find(said *bufio.Reader, what *regexp.Regexp) string {
	l.Helper()
	var before strings.Builder
	for {
		line, err := said.ReadString('\n')
		before.WriteString(line)
		if m := what.FindStringSubmatch(line); m != nil {
			return m[1]
		}
		if err != nil {
			l.Fatalf("%v, and no %s in\n%s", err, what, &before)
		}
	}
}
