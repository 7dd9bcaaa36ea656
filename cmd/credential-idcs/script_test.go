package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// The test binary is the program, under each of its names.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"credential-idcs":        main,
		"git-credential-idcs":    main,
		"docker-credential-idcs": main,
		"kubectl-idcs":           main,
		"bazel-credential-idcs":  main,
		"cargo-credential-idcs":  main,
		"test-browser":           browse,
		"nobody":                 asNobody,
		"somebody":               asSomebody,
	})
}

// browse is a browser that opens the address in its last argument, follows where it is sent, and shows
// what it saw on the way in the file BROWSED.
func browse() {
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // a test's
	resp, err := c.Get(os.Args[len(os.Args)-1])
	said := fmt.Sprint(err)
	if err == nil {
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		said = resp.Request.URL.String() + "\n" + string(b)
	}
	out := os.Getenv("BROWSED")
	if os.WriteFile(out+".part", []byte(strings.Join(os.Args[1:], " ")+"\n"+said), 0o600) != nil || os.Rename(out+".part", out) != nil {
		os.Exit(1)
	}
}

// asNobody runs a command as a user whom the password file doesn't know.
func asNobody() { become("unshare", append([]string{"-U", "--map-user=54321"}, os.Args[1:]...)) }

// asSomebody runs a command with a password file in which our home is the folder that comes first.
func asSomebody() {
	passwd := filepath.Join(os.Getenv("WORK"), "passwd.file")
	line := "somebody:x:0:0::" + os.Args[1] + ":/bin/sh\n"
	if os.WriteFile(passwd, []byte(line), 0o600) != nil {
		os.Exit(125)
	}
	become("unshare", append([]string{"-rm", "/bin/sh", "-c", `mount --bind "$0" /etc/passwd && exec "$@"`, passwd}, os.Args[2:]...))
}

// become runs a program in our place and ends as it does.
func become(name string, args []string) {
	cmd := exec.Command(name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(e.ExitCode())
	} else if err != nil {
		os.Exit(125)
	}
}

// namespaces reports whether this machine lets us make user namespaces.
func namespaces() bool {
	return exec.Command("unshare", "-rm", "true").Run() == nil && exec.Command("unshare", "-U", "--map-user=54321", "true").Run() == nil
}

// The scripts in testdata/script run the program as git, docker, kubectl and people do: real processes
// in a home of their own, against a strict domain. See domainCommands for the commands they have.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			if name == "keyctl" {
				return keyctlWorks(), nil
			}
			if name == "userns" {
				return namespaces(), nil
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, "home")
			e.Setenv("HOME", home)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
			e.Setenv("XDG_CACHE_HOME", filepath.Join(home, ".cache"))
			e.Setenv("CACHE", filepath.Join(home, ".cache", "credential-idcs"))
			e.Setenv("CONFIG", filepath.Join(home, ".config", "credential-idcs"))
			if _, err := exec.LookPath("sh"); err != nil { // a PATH without it, as /bin may not be in one
				shell := filepath.Join(e.WorkDir, ".shell")
				if err := os.Mkdir(shell, 0o700); err != nil {
					return err
				}
				_ = os.Symlink("/bin/sh", filepath.Join(shell, "sh"))
				e.Setenv("PATH", e.Getenv("PATH")+string(os.PathListSeparator)+shell)
			}
			e.Setenv("TZ", "UTC")
			e.Setenv("BROWSER", "test-browser")
			e.Setenv("BROWSED", filepath.Join(e.WorkDir, "browsed"))
			e.Values[domainKey{}] = new(*idcstest.Server) // filled by the command domain
			e.Values[approverKey{}] = new(atomic.Value)
			e.Values[oracleKey{}] = new(oracle) // and by oracle
			return os.MkdirAll(filepath.Join(home, ".config", "credential-idcs"), 0o700)
		},
		Cmds: domainCommands(t),
	})
}

type (
	domainKey   struct{}
	approverKey struct{} // holds the name of who approves a login
)
