package keyring

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// The tests of this file are pip's: it takes a package from an index that demands the token, and
// starts this test binary as `keyring`.

func TestMain(m *testing.M) { helpertest.Main(m, Helper) }

const (
	far   = " expiry=4102444800" // no test reaches it
	basic = "Basic YW5hOlRPS0VO" // ana:TOKEN
)

func newIndex(t *testing.T) *helpertest.Server {
	t.Helper()
	s := helpertest.NewServer(t, basic, helpertest.Wheel(t))
	s.Challenge = `Basic realm="index"`
	return s
}

// download has pip take the package from the index under the user name.
func download(t *testing.T, s *helpertest.Server, user, targets string) (output string, log []string, err error) {
	t.Helper()
	python := need.Python(t)
	index, err := url.Parse(s.URL + "/simple/")
	if err != nil {
		t.Fatal(err)
	}
	index.User = url.User(user)
	home := t.TempDir()
	logfile := filepath.Join(home, "log")
	cmd := exec.Command(python, "-m", "pip", "download", "dep==1.0.0", "--no-deps", "--no-input", "--no-cache-dir",
		"--disable-pip-version-check", "--retries", "0", "--dest", filepath.Join(home, "out"),
		"--keyring-provider", "subprocess", "--index-url", index.String(), "--cert", s.CAFile(t))
	cmd.Dir = home
	folder := filepath.Dir(helpertest.Link(t, "keyring"))
	cmd.Env = append(foreign(os.Environ()), "HOME="+home, "PIP_CONFIG_FILE="+os.DevNull,
		"PATH="+folder+string(filepath.ListSeparator)+os.Getenv("PATH"),
		helpertest.EnvTargets+"="+targets, helpertest.EnvLog+"="+logfile)
	out, err := cmd.CombinedOutput()
	if err == nil {
		_, err = os.Stat(filepath.Join(home, "out", helpertest.WheelFile))
	}
	return string(out), helpertest.Log(t, logfile), err
}

// foreign leaves out what would change pip's mind: it prefers some bundles of certificates to --cert.
func foreign(env []string) []string {
	return slices.DeleteFunc(env, func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		switch strings.ToUpper(name) {
		case "HOME", "PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "ALL_PROXY":
			return true
		}
		return strings.HasPrefix(name, "PIP_")
	})
}

func TestPipFetchesAPackage(t *testing.T) {
	t.Parallel()
	s := newIndex(t)
	output, log, err := download(t, s, "ana", s.URL+" user=ana"+far)
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	requests := s.Requests()
	if got := requests[len(requests)-1]; got != "OK "+basic || strings.Contains(output, "TOKEN") {
		t.Errorf("requests: %q\n%s", requests, output)
	}
	if diff := cmp.Diff([]string{"asked for " + s.URL + "/simple, suspect "}, log); diff != "" {
		t.Errorf("calls, -want +got:\n%s", diff)
	}
}

// What isn't ours gets nothing, and pip fails as it does without a keyring.
func TestPipElsewhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ user, path string }{
		"another user": {"eve", ""},
		"another path": {"ana", "/sim"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newIndex(t)
			output, _, err := download(t, s, c.user, s.URL+c.path+" user=ana"+far)
			if err == nil || strings.Contains(output, "credential-idcs") {
				t.Errorf("%v\n%s", err, output)
			}
			for _, r := range s.Requests() {
				if strings.HasPrefix(r, "OK") || strings.Contains(r, basic) {
					t.Errorf("%s", r)
				}
			}
		})
	}
}

// A failure's words reach the person above pip's own.
func TestPipShowsTheFailure(t *testing.T) {
	t.Parallel()
	s := newIndex(t)
	output, _, err := download(t, s, "ana", s.URL+" user=ana fails=login")
	if err == nil || !strings.Contains(output, "no token\n\tmend work\n") {
		t.Errorf("%v\n%s", err, output)
	}
}
