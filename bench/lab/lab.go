// Package lab prepares what bench and its budget test measure: the program as install.sh builds it, a
// login, and the commands whose cost is asked for.
package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// Options say what a Lab is like. The zero Options are one profile whose token is fresh for hours.
type Options struct {
	Profiles    int           // in the configuration; 0: one
	Life        time.Duration // of an access token; 0: 8 h
	Targets     []string      // beside the usual ones
	SystemRoots bool          // the profile has no ca_file, after its login
	Seal        string        // how the token is stored: "kernel"; "": in the open
}

// A Lab is a folder with a configuration and a cache that holds the token of the profile work. Close it.
type Lab struct {
	Programs
	Dir    string
	Env    []string
	Domain *idcstest.Server // nil: the profile is Oracle's
	Oracle *ocitest.Server  // nil: the profile is a domain's

	sealed bool
}

// tokenSize is that of an administrator's access token, as seen in public.
const tokenSize = 4500

// New starts a domain, writes the configuration and logs in.
func New(dir string, programs Programs, o Options) (*Lab, error) {
	if o.Life == 0 {
		o.Life = 8 * time.Hour
	}
	l := &Lab{Programs: programs, Dir: dir, Env: environment(dir, programs), sealed: o.Seal != ""}
	var err error
	l.Domain, err = idcstest.New(idcstest.Options{Dir: dir, AccessTTL: o.Life, TokenSize: tokenSize})
	if err != nil {
		return nil, err
	}
	if _, _, err := l.Domain.KeyClient.Key.WriteFiles(dir); err != nil {
		return nil, err
	}
	atLogin := o
	atLogin.SystemRoots = false
	if err := l.Configure(atLogin); err != nil {
		return nil, err
	}
	login := exec.Command(l.Path("credential-idcs"), "login", "work")
	login.Env = l.Env
	if out, err := login.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("login: %w\n%s", err, out)
	}
	return l, l.Configure(o)
}

// environment is that of all calls.
func environment(dir string, programs Programs) []string {
	return []string{
		"HOME=" + dir, "PATH=" + string(programs) + ":" + os.Getenv("PATH"),
		"CREDENTIAL_IDCS_CONFIG=" + filepath.Join(dir, "config.toml"),
		"CREDENTIAL_IDCS_CACHE_DIR=" + filepath.Join(dir, "cache"),
	}
}

// Close takes the key of sealed tokens out of the kernel, and stops the servers.
func (l *Lab) Close() error {
	var errs []error
	if l.sealed {
		logout := exec.Command(l.Path("credential-idcs"), "logout", "work")
		logout.Env = l.Env
		if out, err := logout.CombinedOutput(); err != nil {
			errs = append(errs, fmt.Errorf("logout: %w\n%s", err, out))
		}
	}
	if l.Oracle != nil {
		errs = append(errs, l.Oracle.Close())
	}
	if l.Domain != nil {
		errs = append(errs, l.Domain.Close())
	}
	return errors.Join(errs...)
}

// Configure writes the configuration: the profile work last, behind others of the same size.
func (l *Lab) Configure(o Options) error {
	var b bytes.Buffer
	if o.Seal != "" {
		fmt.Fprintf(&b, "seal = %q\n", o.Seal)
	}
	profile := func(name string, targets []string) {
		fmt.Fprintf(&b, "[profiles.%s]\ndomain = %q\n", name, l.Domain.URL())
		if !o.SystemRoots {
			fmt.Fprintf(&b, "ca_file = %q\n", l.Domain.CAFile)
		}
		fmt.Fprintf(&b, `client_id = %q
login = "assertion"
scope = "urn:opc:idm:__myscopes__ openid"
targets = [
`, l.Domain.KeyClient.ID)
		for _, t := range targets {
			fmt.Fprintf(&b, "  %q,\n", t)
		}
		fmt.Fprintf(&b, `]
[profiles.%s.client]
key_file = "client-key.pem"
key_id = %q
[profiles.%s.user]
subject = %q
`, name, l.Domain.KeyClient.Key.Alias, name, l.Domain.User.Name)
	}
	for i := range max(o.Profiles, 1) - 1 {
		profile(fmt.Sprintf("other%d", i), []string{fmt.Sprintf("https://git%d.example.com", i)})
	}
	profile("work", append([]string{"https://git.example.com", "https://sts.googleapis.com"}, o.Targets...))
	return os.WriteFile(filepath.Join(l.Dir, "config.toml"), b.Bytes(), 0o600)
}
