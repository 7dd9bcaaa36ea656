//go:build linux && !race

package main

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/bench/lab"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// What opening a sealed token may cost in page faults, for AES and two system calls: 10, and the noise of a start,
// which two programs have of their own.
const maxFaultsOfSeal = 10 + 5

// H1: A sealed token costs a cached answer next to nothing: the kernel is asked for the key, and nobody else.
func TestASealedTokenCostsACachedAnswerLittle(t *testing.T) {
	open, sealed := newLab(t, lab.Options{}), sealedLab(t)
	asked := sealed.GitGet()
	asked.Name = "git get, sealed"
	n := map[string]int64{}
	for range 5 {
		for _, l := range []struct {
			*lab.Lab
			lab.Task
		}{{open, open.GitGet()}, {sealed, asked}} {
			got := faults(t, l.Lab, []lab.Task{l.Task}, func(map[string]int64) bool { return true })[l.Name]
			if n[l.Name] == 0 || got < n[l.Name] {
				n[l.Name] = got
			}
		}
		if n[asked.Name]-n["git get"] <= maxFaultsOfSeal {
			break
		}
	}
	if more := n[asked.Name] - n["git get"]; more > maxFaultsOfSeal {
		t.Errorf("%d page faults more than for an open one, want at most %d", more, maxFaultsOfSeal)
	}
	for _, call := range trace(t, sealed, asked) {
		if harmful.MatchString(call) {
			t.Errorf("a cached answer did %s", call)
		}
	}
	if posts := sealed.Domain.Counts().Requests; posts != 1 {
		t.Errorf("%d requests, want the login's", posts)
	}
}

// sealedLab is a lab whose token is sealed by a key of the kernel's.
func sealedLab(t *testing.T) *lab.Lab {
	t.Helper()
	need.Tool(t, "go")
	l, err := lab.New(t.TempDir(), programs, lab.Options{Seal: "kernel"})
	if err != nil && strings.Contains(err.Error(), "keyctl is not permitted") {
		need.Missing(t, "the kernel's keyring ("+err.Error()+")")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// A cached token of Oracle's own registry or cluster costs what a domain's does: one small file more is read, and
// nobody is asked.
func TestACachedAnswerForOraclesServicesCostsWhatOthersDo(t *testing.T) {
	need.Tool(t, "go")
	l, err := lab.NewOracle(t.TempDir(), programs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	tasks := []lab.Task{l.Hello(), l.RegistryGet(), l.Cluster()}
	tooMany := func(n map[string]int64) (names []string) {
		for _, task := range tasks[1:] {
			if n[task.Name]-n["hello"] > maxFaultsOverHello {
				names = append(names, task.Name)
			}
		}
		return names
	}
	n := faults(t, l, tasks, func(n map[string]int64) bool { return tooMany(n) == nil })
	for _, name := range tooMany(n) {
		t.Errorf("%s: %d page faults more than a bare Go program, want at most %d", name, n[name]-n["hello"], maxFaultsOverHello)
	}
	for _, task := range tasks[1:] {
		for _, call := range trace(t, l, task) {
			if harmful.MatchString(call) {
				t.Errorf("%s did %s", task.Name, call)
			}
		}
	}
	if n := len(l.Oracle.Requests()); n != 1 {
		t.Errorf("%d requests, want one for the registry's token", n)
	}
}
