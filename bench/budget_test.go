//go:build linux && !race

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/bench/lab"
	"github.com/credential-idcs/credential-idcs/e2e/need"
)

// The budgets that can be counted. Times are measured by `go run ./bench` and asserted nowhere.
const (
	maxFaultsOverHello = 198     // a cached answer's page faults beyond those of a bare Go program
	maxSize            = 8 << 20 // bytes, stripped
	maxPackages        = 208     // linked packages: a ratchet, lower it when it can be lowered
	storeSlack         = 25      // page faults, the noise of one start
	rounds             = 31
)

func newLab(t *testing.T) *lab.Lab {
	t.Helper()
	need.Tool(t, "go")
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	l, err := lab.New(t.TempDir(), root, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// Page faults hardly vary between runs and follow CPU time, so they stand for it here.
func TestCachedAnswersStayWithinTheirPageFaults(t *testing.T) {
	l := newLab(t)
	faults := map[string]int64{}
	for _, task := range l.Tasks() {
		if err := l.Check(task); err != nil {
			t.Fatal(err)
		}
		var all []int64
		for range rounds {
			c, err := l.Run(task)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c.Faults)
		}
		slices.Sort(all)
		faults[task.Name] = all[len(all)/2]
	}
	t.Log(faults)
	for _, name := range []string{"git get", "docker get", "kubectl", "token"} {
		if over := faults[name] - faults["hello"]; over > maxFaultsOverHello {
			t.Errorf("%s: %d page faults more than a bare Go program, want at most %d", name, over, maxFaultsOverHello)
		}
	}
	if faults["git store"] > faults["version"]+storeSlack {
		t.Errorf("git store: %d page faults, version %d: it must do no work", faults["git store"], faults["version"])
	}
	for _, name := range []string{"docker store", "docker erase"} {
		if faults[name] > faults["docker get"]+storeSlack {
			t.Errorf("%s: %d page faults, an answer %d", name, faults[name], faults["docker get"])
		}
	}
	if fi, err := os.Stat(l.Binary); err != nil || fi.Size() > maxSize {
		t.Errorf("the program has %d bytes, want at most %d (%v)", fi.Size(), maxSize, err)
	}
	if posts := l.Domain.Posts("assertion"); posts != 1 {
		t.Errorf("%d logins: a cached answer asked the domain", posts)
	}
}

func TestLinkedPackagesAreARatchet(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "../cmd/credential-idcs").Output()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, pkg := range strings.Fields(string(out)) {
		if !strings.HasPrefix(pkg, "github.com/credential-idcs/") { // a helper more costs nothing by itself
			n++
		}
	}
	t.Log(n, "packages of others")
	if n > maxPackages {
		t.Errorf("%d packages are linked, want at most %d", n, maxPackages)
	}
}

// A fresh token: no socket, no lock, no child, nothing opened for writing, and each of our files
// opened once.
func TestCachedAnswerTouchesTwoFilesAndNothingElse(t *testing.T) {
	strace := need.Tool(t, "strace")
	l := newLab(t)
	forbidden := regexp.MustCompile(`\b(socket|connect|flock|fork|vfork|execve|mkdirat|mkdir|renameat2?|unlinkat|fsync)\(|open.*(O_WRONLY|O_RDWR|O_CREAT)`)
	for _, task := range l.Tasks() {
		if task.Name != "git get" && task.Name != "docker get" && task.Name != "kubectl" && task.Name != "token" {
			continue
		}
		t.Run(task.Name, func(t *testing.T) {
			trace := filepath.Join(t.TempDir(), "trace")
			traced := task
			traced.Args = append([]string{strace, "-f", "-o", trace, "-e", "trace=file,desc,network,process"}, task.Args...)
			if err := l.Check(traced); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(trace)
			if err != nil {
				t.Fatal(err)
			}
			opened := map[string]int{}
			for i, line := range strings.Split(string(b), "\n") {
				if i > 0 && forbidden.MatchString(line) {
					t.Errorf("a cached answer did %s", line)
				}
				for _, name := range []string{"config.toml", ".json"} {
					if strings.Contains(line, "openat(") && strings.Contains(line, name+`"`) {
						opened[name]++
					}
				}
			}
			if opened["config.toml"] != 1 || opened[".json"] != 1 {
				t.Errorf("opened %v times, want the configuration and one token file once each", opened)
			}
		})
	}
}
