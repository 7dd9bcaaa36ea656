// Package lab prepares what bench and its budget test measure: the program as install.sh builds it, a
// login that is good for an hour, and the commands whose cost is asked for.
package lab

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/sources"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A Lab is a folder with the binaries, a home and a cache that holds a fresh token. Close it.
type Lab struct {
	Dir    string
	Hello  string // the floor
	Binary string // the program, by the name credential-idcs
	Env    []string
	Domain *idcstest.Server
}

// tokenSize is that of an administrator's access token, as seen in public.
const tokenSize = 4500

const target = "https://git.example.com"

// New builds, copies and logs in. root is the repository. Binaries are copied after they were linked:
// the file that the linker has just written runs slower than its own copy.
func New(dir, root string, profiles int) (*Lab, error) {
	if err := sources.Look(); err != nil {
		return nil, err
	}
	l := &Lab{Dir: dir}
	var err error
	if l.Hello, err = build(dir, root, "./bench/hello", "hello"); err != nil {
		return nil, err
	}
	if l.Binary, err = build(dir, root, "./cmd/credential-idcs", "credential-idcs"); err != nil {
		return nil, err
	}
	for _, name := range []string{"git-credential-idcs", "docker-credential-idcs"} {
		if err := os.Symlink("credential-idcs", filepath.Join(dir, "bin", name)); err != nil {
			return nil, err
		}
	}
	if l.Domain, err = idcstest.New(idcstest.Options{Dir: dir, AccessTTL: 8 * time.Hour, TokenSize: tokenSize}); err != nil {
		return nil, err
	}
	if _, _, err := l.Domain.KeyClient.Key.WriteFiles(dir); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), l.config(profiles), 0o600); err != nil {
		return nil, err
	}
	l.Env = []string{
		"HOME=" + dir, "PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"),
		"CREDENTIAL_IDCS_CONFIG=" + filepath.Join(dir, "config.toml"),
		"CREDENTIAL_IDCS_CACHE_DIR=" + filepath.Join(dir, "cache"),
	}
	login := exec.Command(l.Binary, "login", "work")
	login.Env = l.Env
	if out, err := login.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("login: %w\n%s", err, out)
	}
	return l, nil
}

// Close stops the domain.
func (l *Lab) Close() error { return l.Domain.Close() }

// config has the profile work last, behind others of the same size.
func (l *Lab) config(profiles int) []byte {
	var b bytes.Buffer
	profile := func(name, target string) {
		fmt.Fprintf(&b, `[profiles.%s]
domain = %q
ca_file = %q
client_id = %q
login = "assertion"
scope = "urn:opc:idm:__myscopes__"
targets = [%q]
[profiles.%s.client]
key_file = "client-key.pem"
key_id = %q
[profiles.%s.user]
subject = %q
`, name, l.Domain.URL(), l.Domain.CAFile, l.Domain.KeyClient.ID, target, name, l.Domain.KeyClient.Key.Alias, name, l.Domain.User.Name)
	}
	for i := range profiles - 1 {
		profile(fmt.Sprintf("other%d", i), fmt.Sprintf("https://git%d.example.com", i))
	}
	profile("work", target)
	return b.Bytes()
}

func build(dir, root, pkg, name string) (string, error) {
	linked := filepath.Join(dir, name+".linked")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", linked, pkg)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	b, err := os.ReadFile(linked)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "bin", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	if err := os.WriteFile(path, b, 0o700); err != nil {
		return "", err
	}
	return path, os.Remove(linked)
}

// A Task is something that a client runs again and again.
type Task struct {
	Name  string
	Args  []string // the first is the program's name in the lab's bin folder, or an absolute path
	Stdin string
	Want  string // what stdout must hold before the task counts
}

// Tasks are the cached answers and what is compared with them.
func (l *Lab) Tasks() []Task {
	request := "protocol=https\nhost=git.example.com\n\n"
	return []Task{
		{"hello", []string{l.Hello}, "", "hello"},
		{"version", []string{l.Binary, "version"}, "", "credential-idcs"},
		{"git get", []string{l.bin("git-credential-idcs"), "get"}, request, "password=eyJ"},
		{"git store", []string{l.bin("git-credential-idcs"), "store"}, request, ""},
		{"docker get", []string{l.bin("docker-credential-idcs"), "get"}, "git.example.com\n", `"Secret":"eyJ`},
		{"docker store", []string{l.bin("docker-credential-idcs"), "store"}, `{"ServerURL":"git.example.com","Username":"oauth2","Secret":"x"}`, ""},
		{"docker erase", []string{l.bin("docker-credential-idcs"), "erase"}, "git.example.com\n", ""},
		{"kubectl", []string{l.Binary, "kubectl", "--profile", "work"}, "", `"token":"eyJ`},
		{"token", []string{l.Binary, "token", "work"}, "", "eyJ"},
	}
}

func (l *Lab) bin(name string) string { return filepath.Join(l.Dir, "bin", name) }
