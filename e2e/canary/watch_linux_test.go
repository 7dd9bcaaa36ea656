package canary

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A watch reads the arguments of all processes of the machine, again and again, and the environment of
// those that belong to a home folder and run another program than one in a folder: the children.
type watch struct {
	home, program string

	mu       sync.Mutex
	seen     map[string]bool
	children map[string]string // environments, by the name of the program
	over     chan struct{}
	done     sync.WaitGroup
}

func startWatch(t *testing.T, home, program string) *watch {
	t.Helper()
	w := &watch{home: home, program: program, seen: map[string]bool{}, children: map[string]string{}, over: make(chan struct{})}
	w.done.Go(func() {
		for {
			select {
			case <-w.over:
				return
			default:
				w.look()
			}
		}
	})
	t.Cleanup(w.stop)
	return w
}

func (w *watch) look() {
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil || len(b) == 0 {
			continue // it ended
		}
		w.mu.Lock()
		w.seen[string(b)] = true
		w.mu.Unlock()
		name, _, _ := strings.Cut(string(b), "\x00")
		if filepath.Dir(name) == w.program {
			continue
		}
		env, err := os.ReadFile(filepath.Join(filepath.Dir(p), "environ"))
		if err != nil || !strings.Contains("\x00"+string(env), "\x00HOME="+w.home+"\x00") {
			continue
		}
		// Between fork and exec a child is still its parent: what counts was read in its own time.
		if again, err := os.ReadFile(p); err == nil && string(again) == string(b) {
			w.mu.Lock()
			w.children[filepath.Base(name)] += string(env)
			w.mu.Unlock()
		}
	}
}

// saw reports whether the environment of a child was read.
func (w *watch) saw(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.children[name] != ""
}

// text is all that was seen so far.
func (w *watch) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for s := range w.seen {
		all = append(all, s)
	}
	return strings.Join(all, "\n")
}

func (w *watch) stop() {
	select {
	case <-w.over:
	default:
		close(w.over)
	}
	w.done.Wait()
}

func TestArgumentsAreSeen(t *testing.T) {
	const marker = "canary-in-the-arguments-of-a-child"
	cmd := exec.Command("cat", "-", "/dev/null/"+marker)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := startWatch(t, "/nowhere", "/nowhere")
	for deadline := time.Now().Add(30 * time.Second); len(search(w.text(), []string{marker})) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("not seen")
		}
		time.Sleep(time.Millisecond)
	}
	_ = in.Close()
	_ = cmd.Wait() // /dev/null is no folder, so it fails
}
