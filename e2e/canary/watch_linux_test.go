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

// A watch reads the arguments of all processes of the machine, again and again.
type watch struct {
	mu   sync.Mutex
	seen map[string]bool
	over chan struct{}
	done sync.WaitGroup
}

func startWatch(t *testing.T) *watch {
	t.Helper()
	w := &watch{seen: map[string]bool{}, over: make(chan struct{})}
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
	}
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
	w := startWatch(t)
	for deadline := time.Now().Add(30 * time.Second); len(search(w.text(), []string{marker})) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("not seen")
		}
		time.Sleep(time.Millisecond)
	}
	_ = in.Close()
	_ = cmd.Wait() // /dev/null is no folder, so it fails
}
