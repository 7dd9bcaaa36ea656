package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker-credential-helpers/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// compare holds the outcomes to the rules that are known to fail and not to apply.
func compare(t *testing.T, outcomes []outcome, failing, inapplicable []string) {
	t.Helper()
	want, got := map[string]verdict{}, map[string]verdict{}
	for _, name := range failing {
		want[name] = fail
	}
	for _, name := range inapplicable {
		want[name] = na
	}
	for _, o := range outcomes {
		if o.verdict != pass {
			got[o.rule.name] = o.verdict
			t.Logf("%s %s: %s", o.verdict, o.rule.name, o.why)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules that didn't pass, -want +got:\n%s", diff)
	}
}

// git's own store is the second row: what it is known to break shows that the table can fail. Only git
// asks it, and makes up for much of that.
func TestGitsOwnStore(t *testing.T) {
	known := []string{
		"hostile-nul", "hostile-host-missing", "hostile-protocol-missing", "hostile-nothing", "hostile-twice", "hostile-url", "hostile-garbage",
		"store-expiry", "erase-any", "erase-quiet",
	}
	for _, git := range []string{"git", "git-trixie"} {
		t.Run(git, func(t *testing.T) {
			path := need.Tool(t, git)
			b := &bench{
				command: []string{path, "credential-store"}, keeps: true, patience: time.Minute,
				env: []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1"},
			}
			failing := known
			if minor(t, path) < 42 {
				failing = append(failing, "erase-other") // it looks at no password
			}
			compare(t, judge(b, protocols["git"]), failing, []string{"answer-expiry", "without-quits", "store-ignored", "store-unread"})
		})
	}
}

const envStore = "CONFORMANCE_STORE" // the folder of frameworkHelper

// Docker's own framework, on which most helpers are built, is docker's second row, with a folder as its
// store. What it breaks, they break.
func TestDockersFramework(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{command: []string{exe}, env: append(os.Environ(), envStore+"="+t.TempDir()), keeps: true, patience: time.Minute}
	compare(t, judge(b, protocols["docker"]), []string{"match-lines", "store-long"}, []string{"without-says-why", "list-without", "store-refused"})
}

// frameworkHelper is this test binary as a helper of docker's framework.
func frameworkHelper() int {
	credentials.Name = "docker-credential-folder"
	credentials.Serve(folder(os.Getenv(envStore)))
	return 0
}

// A folder keeps a file for each server.
type folder string

func (f folder) file(server string) string {
	return filepath.Join(string(f), strings.NewReplacer("/", "+", "\x00", "+").Replace("x"+server))
}

func (f folder) Add(c *credentials.Credentials) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return os.WriteFile(f.file(c.ServerURL), b, 0o600)
}

func (f folder) Delete(server string) error {
	if err := os.Remove(f.file(server)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (f folder) Get(server string) (username, secret string, err error) {
	b, err := os.ReadFile(f.file(server))
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", credentials.NewErrCredentialsNotFound()
	}
	var c credentials.Credentials
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	return c.Username, c.Secret, err
}

func (f folder) List() (map[string]string, error) {
	entries, err := os.ReadDir(string(f))
	servers := map[string]string{}
	for _, e := range entries {
		server := strings.TrimPrefix(e.Name(), "x")
		username, _, err := f.Get(server)
		if err != nil {
			return nil, err
		}
		servers[server] = username
	}
	return servers, err
}

// minor is the n of git 2.n.
func minor(t *testing.T, git string) (n int) {
	out, err := exec.Command(git, "version").Output()
	if _, scanned := fmt.Sscanf(string(out), "git version 2.%d", &n); err != nil || scanned != nil {
		t.Fatalf("%s version: %q, %v", git, out, err)
	}
	return n
}
