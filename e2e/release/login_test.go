//go:build linux

package release

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A person lives in a system that packages are installed into, and runs the packaged program.
type person struct {
	*machine.Machine
	folder string            // the system's root
	files  map[string]string // of the home, as they are from login on
	tokens map[string]string // what each tool got, by the tool
}

// newPerson is somebody with a profile in an empty system. Nothing is installed.
func newPerson(t *testing.T) *person {
	t.Helper()
	folder := t.TempDir()
	domain := idcstest.Start(t, idcstest.Options{})
	p := &person{folder: folder}
	p.Machine = machine.New(t, machine.Program(filepath.Join(folder, "usr/bin")), domain, machine.Person,
		"https://"+machine.GitHost, "https://"+machine.Registry, "https://k8s.example.com:6443")
	home := filepath.Join(folder, "home/ana")
	if err := os.Mkdir(filepath.Dir(home), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(p.Home, home); err != nil {
		t.Fatal(err)
	}
	p.Home, p.Cache = home, filepath.Join(home, ".cache/credential-idcs")
	p.Env = append(p.Env, "HOME="+home) // the last one counts
	return p
}

// logsIn logs in at the domain, sets the tools up and notes what they get.
func (p *person) logsIn() {
	p.T.Helper()
	p.Put(".kube/config", "apiVersion: v1\nkind: Config\nclusters:\n- name: work\n  cluster:\n    server: https://k8s.example.com:6443\n"+
		"contexts:\n- name: work\n  context:\n    cluster: work\n    user: ana\n")
	p.Login()
	for _, tool := range []string{"git", "docker", "kubectl --context work"} {
		p.Types("credential-idcs configure " + tool)
	}
	p.tokens, p.files = p.gets(), p.tree()
	for _, name := range []string{".config/credential-idcs/config.toml", ".gitconfig", ".docker/config.json", ".kube/config"} {
		if p.files[name] == "" {
			p.T.Errorf("no %s in %q", name, slices.Sorted(maps.Keys(p.files)))
		}
	}
}

// stillLoggedIn asserts that nothing of the person's was touched, and, with a program there, that it gives
// the tools the same tokens without asking the domain or writing anything.
func (p *person) stillLoggedIn(when string, installed bool) {
	p.T.Helper()
	if now := p.tree(); !maps.Equal(now, p.files) {
		p.T.Errorf("%s, the home is\n%v\nand was\n%v", when, now, p.files)
	}
	if !installed {
		return
	}
	asked := len(p.Domain.Requests())
	if now := p.gets(); !maps.Equal(now, p.tokens) {
		p.T.Errorf("%s, the tools get other tokens", when)
	}
	if n := len(p.Domain.Requests()) - asked; n != 0 {
		p.T.Errorf("%s, the domain was asked %d times", when, n)
	}
	if now := p.tree(); !maps.Equal(now, p.files) {
		p.T.Errorf("%s, the program has written into the home\n%v\nwhich was\n%v", when, now, p.files)
	}
}

// gets is what each tool gets. git is the real one, which finds the program by what configure wrote.
func (p *person) gets() map[string]string {
	p.T.Helper()
	need.Tool(p.T.(testing.TB), "git")
	got := map[string]string{"git": p.Types(`printf 'protocol=https\nhost=` + machine.GitHost + `\n\n' | git credential fill`)}
	for tool, call := range map[string]machine.Call{"docker": machine.Docker, "kubectl": machine.Kubectl} {
		r := p.Do(call)
		if r.Exit != 0 {
			p.T.Errorf("%s", r)
		}
		got[tool] = r.Stdout
	}
	return got
}

// tree is what the home has: of each file and folder its mode, of files the time and the content, too.
func (p *person) tree() map[string]string {
	p.T.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(p.Home, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		is := fmt.Sprint(st.Mode())
		if st.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			is += fmt.Sprintf(" %v %q", st.ModTime(), b)
		}
		name, err := filepath.Rel(p.Home, path)
		all[name] = is
		return err
	})
	if err != nil {
		p.T.Fatalf("%v", err)
	}
	return all
}
