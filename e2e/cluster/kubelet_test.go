//go:build linux

package cluster_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A kubelet is the part of one that asks credential providers. See .ci/kubernetes.
type kubelet struct {
	t       *testing.T
	in      io.WriteCloser
	answers *bufio.Scanner
	log     bytes.Buffer
	cmd     *exec.Cmd
}

// A login is what the kubelet would pull an image with.
type login struct{ Username, Password string }

// node starts a kubelet with the configuration of docs/tools.md, for images of *.example.com:5000.
// Its environment is as a service's: without HOME.
func node(t *testing.T, m *machine.Machine) *kubelet {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "tools.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## kubelet\n")
	_, block, _ := strings.Cut(section, "```yaml\n")
	block, _, _ = strings.Cut(block, "```")
	for shown, here := range map[string]string{
		"--profile, ci": "--profile, work", "/var/lib/credential-idcs": m.Home, machine.Registry: "*.example.com:5000",
	} {
		if !strings.Contains(block, shown) {
			t.Fatalf("docs/tools.md shows no %s in\n%s", shown, block)
		}
		block = strings.Replace(block, shown, here, 1)
	}
	config := m.Put("credential-provider.yaml", block)
	k := &kubelet{t: t, cmd: exec.Command(need.Tool(t, "kubelet-credentials"), config, string(program))}
	k.cmd.Env, k.cmd.Dir, k.cmd.Stderr = []string{"PATH=/usr/bin:/bin"}, "/", &k.log
	out, err := k.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if k.in, err = k.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := k.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.end() })
	k.answers = bufio.NewScanner(out)
	k.answers.Buffer(nil, 1<<20)
	return k
}

// end ends the kubelet, and returns what it logged.
func (k *kubelet) end() string {
	_ = k.in.Close() // which ends it
	_ = k.cmd.Wait()
	return k.log.String()
}

func (k *kubelet) pull(image string) (logins []login) {
	k.t.Helper()
	if _, err := io.WriteString(k.in, image+"\n"); err != nil {
		k.t.Fatal(err)
	}
	if !k.answers.Scan() {
		k.t.Fatalf("the kubelet ended:\n%s", k.end())
	}
	if err := json.Unmarshal(k.answers.Bytes(), &logins); err != nil {
		k.t.Fatalf("%v: %s", err, k.answers.Text())
	}
	return logins
}

const image = machine.Registry + "/team/app:1"

// A kubelet pulls with our token, asks once for all images of a registry, and has nothing of ours for
// others that its matchImages send to us.
func TestKubelet(t *testing.T) {
	m := machine.New(t, program, idcstest.Start(t, idcstest.Options{}), machine.Alone)
	k := node(t, m)
	want := []login{{"oauth2", ""}}
	got := k.pull(image)
	want[0].Password = m.Stored().Access
	if diff := cmp.Diff(want, got); diff != "" || want[0].Password == "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	m.Domain.Stop()
	m.Expire()
	if diff := cmp.Diff(want, k.pull(machine.Registry+"/team/other")); diff != "" {
		t.Errorf("another image, -want +got:\n%s", diff)
	}
	for _, other := range []string{"mirror.example.com:5000/team/app:1", "ghcr.io/team/app"} {
		if got := k.pull(other); len(got) != 0 {
			t.Errorf("%s: %d logins", other, len(got))
		}
	}
	if log := k.end(); log != "" {
		t.Errorf("the kubelet logged:\n%s", log)
	}
}

// What a kubelet keeps it keeps no longer than the token lives. It counts from when it has the answer, so on
// a busy machine it ends a little late; the domain's clock is behind by more than that. (A token that lives
// for more than a minute is reported to end 30 s early.)
func TestKubeletRunsPastAnExpiry(t *testing.T) {
	t.Parallel()
	m := machine.New(t, program, idcstest.Start(t, idcstest.Options{AccessTTL: shortLife}), machine.Alone)
	m.Domain.SetSkew(-2 * time.Second)
	k := node(t, m)
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	seen := map[string]bool{}
	for len(seen) < 3 {
		<-pace.C
		logins := k.pull(image)
		if len(logins) != 1 {
			t.Fatalf("after %d tokens: %d logins\n%s", len(seen), len(logins), k.end())
		}
		if _, err := m.Domain.Access(logins[0].Password); err != nil {
			t.Fatalf("after %d tokens: %v", len(seen), err)
		}
		seen[logins[0].Password] = true
	}
	m.Chain()
}

// A login that needs a person is refused, and the node's log says so.
func TestKubeletOfAPerson(t *testing.T) {
	m := machine.New(t, program, idcstest.Start(t, idcstest.Options{}), machine.Person)
	m.Login()
	k := node(t, m)
	if got := k.pull(image); len(got) != 0 {
		t.Errorf("%d logins", len(got))
	}
	if log := k.end(); !strings.Contains(log, "exit status 5: credential-idcs: profile work") {
		t.Errorf("the kubelet logged:\n%s", log)
	}
}
