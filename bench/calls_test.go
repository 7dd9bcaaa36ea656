//go:build linux && !race

package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/bench/lab"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// trace runs a task and returns its system calls, one a line, with the paths of descriptors. The first
// is that of the start.
func trace(t *testing.T, l *lab.Lab, task lab.Task) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "trace")
	task.Args = append([]string{need.Strace(t), "-f", "-qq", "-y", "-s", "0", "-e", "signal=none",
		"-e", "trace=%file,%desc,%network,%process", "-o", file}, task.Args...)
	if err := l.Check(task); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if _, call, ok := strings.Cut(line, " "); ok && !strings.Contains(call, " resumed>") {
			calls = append(calls, strings.TrimSpace(call))
		}
	}
	return calls[1:]
}

var (
	opening = regexp.MustCompile(`^open(?:at2?)?\([^"]*"([^"]*)", ?(?:\{flags=)?([A-Z_|]+)`)
	writing = regexp.MustCompile(`^p?writev?(?:64)?\((\d+)(?:<([^>]*)>)?`)
	// What changes a file or its name, locks, connects, or starts a process. A thread is no process.
	harmful = regexp.MustCompile(`^(?:socket|connect|sendto|flock|fork|vfork|execve|execveat|mkdir(?:at)?|rename(?:at2?)?|unlink(?:at)?|` +
		`link(?:at)?|symlink(?:at)?|f?chmod(?:at)?|f?truncate|fsync|fdatasync|utimensat|fallocate)\(|F_(?:OFD_)?SETLK|F_SETLEASE`)
	thread = regexp.MustCompile(`^clone3?\(.*CLONE_THREAD`)
)

// A fresh token: no socket, no lock, no child process, nothing written but the answer, and of our files
// the configuration and one token file are read, once each.
func TestACachedAnswerReadsTwoFilesAndDoesNothingElse(t *testing.T) {
	l := newLab(t, lab.Options{})
	answers := l.Answers()
	for _, name := range slices.Sorted(maps.Keys(answers)) {
		t.Run(name, func(t *testing.T) {
			opened := map[string]int{}
			for _, call := range trace(t, l, answers[name]) {
				if harmful.MatchString(call) || strings.HasPrefix(call, "clone") && !thread.MatchString(call) {
					t.Errorf("a cached answer did %s", call)
				}
				if m := writing.FindStringSubmatch(call); m != nil && m[1] != "1" {
					t.Errorf("a cached answer wrote elsewhere: %s", call)
				}
				if m := opening.FindStringSubmatch(call); m != nil {
					if strings.Contains(m[2], "O_WRONLY") || strings.Contains(m[2], "O_RDWR") || strings.Contains(m[2], "O_CREAT") {
						t.Errorf("a cached answer opened to write: %s", call)
					}
					opened[strings.TrimPrefix(m[1], l.Dir+"/")]++
				} else if strings.HasPrefix(call, "open") {
					t.Errorf("not understood: %s", call)
				}
			}
			ours := 0
			for path, n := range opened {
				switch {
				case path == "config.toml" && n == 1, filepath.Dir(path) == "cache" && filepath.Ext(path) == ".json" && n == 1:
					ours++
				case strings.HasPrefix(path, "/sys/"), strings.HasPrefix(path, "/proc/self/"): // Go's runtime: memory, cores
				default:
					t.Errorf("opened %s, %d times", path, n)
				}
			}
			if ours != 2 {
				t.Errorf("opened %v, want the configuration and one token file", opened)
			}
		})
	}
}

// kubectl doesn't say whether its server refused the last answer, so the helper keeps a record of it: in
// the folder for what lasts as long as a session, where there is one, and only there.
func TestKubectlsRecordIsTheOnlyThingWritten(t *testing.T) {
	l := newLab(t, lab.Options{})
	run := filepath.Join(t.TempDir(), "run")
	if err := os.Mkdir(run, 0o700); err != nil {
		t.Fatal(err)
	}
	task := l.Answers()["kubectl"]
	task.Env = append(task.Env, "XDG_RUNTIME_DIR="+run)
	wrote := false
	for _, call := range trace(t, l, task) {
		m := writing.FindStringSubmatch(call)
		if m == nil || m[1] == "1" {
			continue
		}
		if !strings.HasPrefix(m[2], run+"/") {
			t.Errorf("wrote elsewhere: %s", call)
		}
		wrote = true
	}
	if !wrote {
		t.Error("no record was written")
	}
	if posts := l.Domain.Counts().Requests; posts != 1 {
		t.Errorf("%d requests, want the login's", posts)
	}
}

// A refresh is one connection and one request, and what it costs the disk is known: the room for the
// successor, the intent, the successor, its name.
func TestARefreshIsOneConnectionAndOneRequest(t *testing.T) {
	l := newLab(t, lab.Options{})
	before := l.Domain.Counts()
	synced := map[string]int{}
	for _, call := range trace(t, l, l.Refresh()) {
		if m := syncing.FindStringSubmatch(call); m != nil {
			synced[filepath.Ext(m[1])]++
		}
	}
	after := l.Domain.Counts()
	if c, r := after.Connections-before.Connections, after.Requests-before.Requests; c != 1 || r != 1 {
		t.Errorf("%d connections, %d requests", c, r)
	}
	want := map[string]int{".new": 2, ".state": 1, "": 1} // "" is the folder
	if !maps.Equal(synced, want) {
		t.Errorf("synced %v, want %v", synced, want)
	}
}

var syncing = regexp.MustCompile(`^f(?:data)?sync\(\d+<([^>]*)>`)
