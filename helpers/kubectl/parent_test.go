package kubectl

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

func needUnix(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("records need /proc")
	}
}

var access, id = secret.New("ACCESS").Fingerprint(), secret.New("IDTOKEN").Fingerprint()

// K12, K13: the same parent that asks again is a hint, another isn't.
func TestSameParentAsksAgain(t *testing.T) {
	needUnix(t)
	w := newWorld(t)
	if got := w.call(t).Suspect; got != "" {
		t.Errorf("first call: suspect %q", got)
	}
	if got := w.call(t).Suspect; got != access {
		t.Errorf("second call: suspect %q, want %q", got, access)
	}
	w.parent.pid++
	if got := w.call(t).Suspect; got != "" {
		t.Errorf("another parent: suspect %q", got)
	}
	w.parent.start = "816"
	if got := w.call(t).Suspect; got != "" {
		t.Errorf("the same number, another process: suspect %q", got)
	}
	w.parent = process{4711, "815"}
	if got := w.call(t).Suspect; got != access {
		t.Errorf("the first parent: suspect %q, want %q", got, access)
	}
	w.source.Entries[0].Token = "OTHER"
	w.call(t)
	if got, want := w.call(t).Suspect, secret.New("OTHER").Fingerprint(); got != want {
		t.Errorf("after another answer: suspect %q, want %q", got, want)
	}
}

// K12: a question is profile, server and kind of token.
func TestQuestionsAreApart(t *testing.T) {
	needUnix(t)
	w := newWorld(t)
	w.call(t)
	w.info = strings.Replace(w.info, `"}}}`, `","config":{"token":"id"}}}}`, 1)
	if got := w.call(t).Suspect; got != "" {
		t.Errorf("the ID token: suspect %q", got)
	}
	if got := w.call(t).Suspect; got != id {
		t.Errorf("the ID token again: suspect %q, want %q", got, id)
	}
	w.info = strings.Replace(w.info, `"token":"id"`, `"profile":"work"`, 1)
	if got := w.call(t).Suspect; got != "" {
		t.Errorf("a named profile: suspect %q", got)
	}
	w.info = strings.Replace(question(""), `"cluster":{"server":""}`, "", 1)
	if got := w.call(t).Suspect; got != "" {
		t.Errorf("no cluster: suspect %q", got)
	}
	if got := len(w.records(t)); got != 4 {
		t.Errorf("got %d records, want 4", got)
	}
}

// K12: 0600 in 0700 whatever the umask is, no token inside.
func TestRecordIsPrivate(t *testing.T) {
	needUnix(t)
	w := newWorld(t)
	w.call(t)
	dir := filepath.Join(w.runtime, "credential-idcs")
	if fi, err := os.Lstat(dir); err != nil || fi.Mode() != os.ModeDir|0o700 {
		t.Errorf("folder: got %v, %v", fi.Mode(), err)
	}
	records := w.records(t)
	if len(records) != 1 {
		t.Fatalf("got %v", records)
	}
	for name, content := range records {
		if fi, err := os.Lstat(filepath.Join(dir, name)); err != nil || fi.Mode() != 0o600 {
			t.Errorf("%s: got %v, %v", name, fi.Mode(), err)
		}
		if want := "4711 815 " + access + "\n"; content != want {
			t.Errorf("%s: got %q, want %q", name, content, want)
		}
		if !strings.HasPrefix(name, "exec-") || len(name) != len("exec-")+16 {
			t.Errorf("name %q", name)
		}
	}
}

// K12: the newest 16 parents of a question, and the newest 16 questions.
func TestRecordsAreFew(t *testing.T) {
	needUnix(t)
	w := newWorld(t)
	for i := range 40 {
		w.parent.pid = 1000 + i
		w.call(t)
	}
	for _, content := range w.records(t) {
		if got := strings.Count(content, "\n"); got != kept {
			t.Errorf("got %d lines, want %d", got, kept)
		}
	}
	if got := w.call(t).Suspect; got != access {
		t.Errorf("the newest parent: suspect %q", got)
	}
	w.parent.pid = 1000
	if got := w.call(t).Suspect; got != "" {
		t.Errorf("the oldest parent: suspect %q", got)
	}

	dir := filepath.Join(w.runtime, "credential-idcs")
	old := time.Now().Add(-time.Hour)
	for i := range 20 {
		name := filepath.Join(dir, fmt.Sprintf("exec-%016x", i))
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, old, old.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	w.info = strings.Replace(question(""), `"cluster":{"server":""}`, "", 1)
	w.call(t) // a new question
	records := w.records(t)
	if len(records) != kept {
		t.Errorf("got %d records, want %d", len(records), kept)
	}
	for i := range 20 {
		_, ok := records[fmt.Sprintf("exec-%016x", i)]
		if want := i >= 20-(kept-2); ok != want {
			t.Errorf("file %d: there %v, want %v", i, ok, want)
		}
	}
}

// K14: off without a word.
func TestHintsAreOff(t *testing.T) {
	needUnix(t)
	for name, spoil := range map[string]func(t *testing.T, w *world){
		"XDG_RUNTIME_DIR unset":      func(t *testing.T, w *world) { w.runtime = "" },
		"XDG_RUNTIME_DIR relative":   func(t *testing.T, w *world) { t.Chdir(filepath.Dir(w.runtime)); w.runtime = filepath.Base(w.runtime) },
		"XDG_RUNTIME_DIR missing":    func(t *testing.T, w *world) { w.runtime += "/none" },
		"XDG_RUNTIME_DIR a file":     func(t *testing.T, w *world) { w.runtime += "/file"; write(t, w.runtime) },
		"XDG_RUNTIME_DIR open":       func(t *testing.T, w *world) { chmod(t, w.runtime, 0o750) },
		"XDG_RUNTIME_DIR another's":  func(t *testing.T, w *world) { chown(t, w.runtime) },
		"no parent":                  func(t *testing.T, w *world) { w.known = false },
		"no KUBERNETES_EXEC_INFO":    func(t *testing.T, w *world) { w.info = "" },
		"our folder open":            func(t *testing.T, w *world) { mkdir(t, w); chmod(t, w.runtime+"/credential-idcs", 0o755) },
		"our folder another's":       func(t *testing.T, w *world) { mkdir(t, w); chown(t, w.runtime+"/credential-idcs") },
		"our folder a link":          func(t *testing.T, w *world) { link(t, w.runtime+"/credential-idcs") },
		"our folder a file":          func(t *testing.T, w *world) { write(t, w.runtime+"/credential-idcs") },
		"a folder where the file is": func(t *testing.T, w *world) { blockRecord(t, w) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			spoil(t, w)
			for range 2 {
				if got := w.call(t).Suspect; got != "" {
					t.Errorf("suspect %q", got)
				}
			}
		})
	}
}

// What another program left in the record's place is replaced.
func TestStrangeRecord(t *testing.T) {
	needUnix(t)
	for name, content := range map[string]string{
		"empty":     "",
		"garbage":   "\x00\xff 4711\n\n4711 815\n4711",
		"too large": strings.Repeat("4711 815 aaaaaaaaaaaaaaaa\n", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.call(t)
			for file := range w.records(t) {
				if err := os.WriteFile(filepath.Join(w.runtime, "credential-idcs", file), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := w.call(t).Suspect; got != "" {
				t.Errorf("suspect %q", got)
			}
			if got := w.call(t).Suspect; got != access {
				t.Errorf("afterwards: suspect %q, want %q", got, access)
			}
		})
	}
}

// K14's tests: 50 clients at once leave whole records, whoever's they are.
func TestManyClientsAtOnce(t *testing.T) {
	needUnix(t)
	w := newWorld(t)
	var all sync.WaitGroup
	for i := range 50 {
		each := *w
		source := *w.source
		each.source, each.parent.pid = &source, 100+i
		all.Go(func() { each.call(t) })
	}
	all.Wait()
	for name, content := range w.records(t) {
		if strings.HasSuffix(name, ".new") {
			t.Errorf("%s was left", name)
		}
		for line := range strings.Lines(content) {
			var pid int
			var start, fingerprint string
			if n, err := fmt.Sscanf(line, "%d %s %s\n", &pid, &start, &fingerprint); n != 3 || start != "815" || fingerprint != access {
				t.Errorf("line %q: %v", line, err)
			}
		}
	}
}

func mkdir(t *testing.T, w *world) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(w.runtime, "credential-idcs"), 0o700); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func chown(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, path string) {
	t.Helper()
	to := t.TempDir()
	chmod(t, to, 0o700)
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

func blockRecord(t *testing.T, w *world) {
	t.Helper()
	w.call(t)
	dir := filepath.Join(w.runtime, "credential-idcs")
	for name := range w.records(t) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, name, "in the way"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}
