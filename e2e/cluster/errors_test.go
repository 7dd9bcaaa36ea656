//go:build linux

package cluster_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

func (p *person) kubeconfig() string {
	p.T.Helper()
	b, err := os.ReadFile(filepath.Join(p.Home, ".kube", "config"))
	if err != nil {
		p.Fatal(err)
	}
	return string(b)
}

// The same server under a name that is no target: it would take the token, and doesn't get it.
func wrongServer(t *testing.T, w *world) {
	p := w.person(t)
	other := strings.Replace(w.api.URL, "127.0.0.1", "localhost", 1)
	p.Works("kubectl", "config", "set-cluster", "prod", "--server="+other)
	for _, kubectl := range kubectls {
		said, err := p.whoami(kubectl)
		p.reads(said, err, "credential-idcs: "+other+" is not a target of profile work\n", "failed with exit code 5")
	}
}

// kubectl starts no program that kuberc doesn't list: ours by the entry that `configure kubectl` prints,
// and by that path alone. Links are not followed.
func allowlist(t *testing.T, w *world) {
	const kubectl = "kubectl-1.37"
	p := w.person(t)
	p.Put(".kube/kuberc", p.allowlist)
	p.isAna(kubectl)

	link := filepath.Join(p.Home, "link")
	if err := os.Symlink(filepath.Join(string(program), machine.People), link); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"/usr/bin/env", link} {
		p.Put(".kube/kuberc", strings.Replace(p.allowlist, filepath.Join(string(program), machine.People), other, 1))
		said, err := p.whoami(kubectl)
		p.reads(said, err, `"`+filepath.Join(string(program), machine.People)+`" is not permitted by the credential plugin allowlist`)
	}
}

// What the helper says on stderr reaches the person beside kubectl's own words. As long as the token lives
// there is nothing to say, though its refresh is due and fails.
func failures(t *testing.T, w *world) {
	p := w.person(t)
	p.Leave(30 * time.Second)
	w.domain.Stop()
	p.isAna("kubectl")
	p.Expire()
	for _, kubectl := range kubectls {
		said, err := p.Try(kubectl, "get", "configmaps")
		p.reads(said, err, "credential-idcs: profile work: the domain "+strings.TrimPrefix(w.domain.URL(), "https://")+": connection refused\n\tcredential-idcs refresh work\n", "failed with exit code 4")
	}
	if err := w.domain.Resume(); err != nil {
		t.Fatal(err)
	}
	if r := p.Do(machine.Refresh); r.Exit != 0 { // a person who doesn't want to wait
		t.Errorf("%s", r)
	}
	p.Works("kubectl", "get", "configmaps")

	if r := p.Do(machine.Logout); r.Exit != 0 {
		t.Errorf("%s", r)
	}
	for _, kubectl := range kubectls {
		said, err := p.Try(kubectl, "get", "configmaps")
		p.reads(said, err, "credential-idcs: profile work: login needed, nothing is stored yet\n\tcredential-idcs login work\n", "failed with exit code 3")
	}
	p.Machine.Login()
	p.Works("kubectl", "get", "configmaps")
}

// What configure added goes, and nothing else: the context is as it was.
func unconfigured(t *testing.T, w *world) {
	p := w.person(t)
	p.Works("credential-idcs", "unconfigure", "kubectl")
	if left := p.kubeconfig(); left != p.before {
		t.Errorf("before:\n%s\nleft:\n%s", p.before, left)
	}
}
