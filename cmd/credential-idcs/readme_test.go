package main

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
)

// quoted are the messages in the first column of docs/troubleshooting.md and of the README's "If it fails".
func quoted(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, page := range []string{"../../docs/troubleshooting.md", "../../README.md"} {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range strings.Split(string(b), "\n| you see | ")[1:] {
			table, _, _ = strings.Cut(table, "\n\n")
			for _, row := range strings.Split(table, "\n| ")[1:] {
				column, _, _ := strings.Cut(row, " |")
				for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(column, -1) {
					all = append(all, m[1])
				}
			}
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %q", all)
	}
	return all
}

// examples are what the documentation shows in a message where the program puts a value.
var examples = regexp.MustCompile(`work at 14:03|HOST: | \(invalid_client, |0\d\d\d\)|\(\d+ |\(…\)|…`)

// fragments are what a quoted message says for certain.
func fragments(q string) []string {
	var all []string
	for _, f := range examples.Split(q, -1) {
		if f = strings.TrimSpace(f); len(f) > 2 {
			all = append(all, f)
		}
	}
	return all
}

// literals are the strings in the program's source, its tests left out.
func literals(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, root := range []string{"../../cmd", "../../internal", "../../cache", "../../idcs", "../../helpers", "../../oci"} {
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "test/") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
					if s, err := strconv.Unquote(l.Value); err == nil {
						all = append(all, s)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// A message that the documentation quotes is one that the program says, to the letter.
func TestTheDocumentationQuotesWhatTheProgramSays(t *testing.T) {
	// Those of other programs.
	theirs := []string{"git: 'credential-idcs' is not", "no basic auth credentials", "unauthorized", "executable", "failed with exit code 3",
		"You must be logged in to the server", "is not permitted by the credential plugin allowlist"}
	all := literals(t)
	says := func(f string) bool {
		for _, l := range all {
			if strings.Contains(l, f) {
				return true
			}
		}
		return false
	}
	for _, q := range quoted(t) {
		for _, f := range fragments(q) {
			foreign := slices.ContainsFunc(theirs, func(o string) bool { return strings.Contains(f, o) })
			if !foreign && !says(f) {
				t.Errorf("the documentation quotes %q, and the program never says so", f)
			}
		}
	}
}

// What the cache can fail with has its row in docs/troubleshooting.md.
func TestEachFailureHasItsRow(t *testing.T) {
	rows := quoted(t)
	messages := map[string]bool{}
	for _, err := range []error{
		cache.ErrNothing, cache.ErrNoRefresh, cache.ErrNoID, cache.ErrOtherMachine, cache.ErrCopied, cache.ErrTooLate,
		&cache.MeansError{Problem: "can't start the threads that it needs", Err: errors.New("no")},
		&cache.SealedError{Store: "kernel", Lost: true, Why: "the kernel has no such key any more"},
		&cache.SealedError{Store: "kernel", Why: "keyctl is not permitted here (a container?)"},
		&cache.SealedError{Store: "keyring", Why: "the keyring is locked"}, &cache.SealedError{Store: "keyring", Why: "the keyring has no default collection"},
		&cache.SealedError{Store: "keyring", Why: "no D-Bus session"}, &cache.SealedError{Store: "keyring", Why: "no keyring runs in the D-Bus session"},
		&cache.SealedError{Store: "keyring", Why: "the keyring doesn't answer"}, &cache.SealedError{Store: "keyring", Lost: true, Why: "the keyring has no such key any more"},
		&cache.SealedError{Store: "kernel", Writing: true, Why: "keyctl is not permitted here (a container?)"},
		&cache.GivenError{File: "0123.json", Spent: true}, &cache.GivenError{File: "0123.json"},
		&cache.SpentError{}, &cache.SpentError{Interrupted: &cache.Interrupted{At: time.Now(), Pid: 812}},
		&cache.BusyError{Pid: 812, Waited: 15 * time.Second},
		&cache.DamagedError{Aside: "/cache/0123.bad-1"}, &cache.NewerError{Path: "/cache/0123.json"},
		&cache.NotSavedError{Err: errors.New("no space left on device")},
		&call.ClockError{Skew: -10 * time.Minute},
	} {
		messages[call.Explain("work", err).Message] = true
	}
	// What a FolderError can say is in the source as Problem: "…".
	files, err := filepath.Glob("../../cache/*.go")
	if err != nil {
		t.Fatal(err)
	}
	problem := regexp.MustCompile(`Problem: "([^"]+)"`)
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range problem.FindAllStringSubmatch(string(b), -1) {
			if !strings.HasSuffix(name, "_test.go") {
				messages[call.Explain("work", &cache.FolderError{Path: "/cache", Problem: m[1]}).Message] = true
			}
		}
	}
	if len(messages) < 20 {
		t.Fatalf("only %v", messages)
	}
	for m := range messages {
		found := false
		for _, row := range rows {
			f := fragments(row)
			found = found || len(f) > 0 && !slices.ContainsFunc(f, func(f string) bool { return !strings.Contains(m, f) })
		}
		if !found {
			t.Errorf("no row in docs/troubleshooting.md for %q", m)
		}
	}
}
