//go:build unix

package cache

import (
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// ignored are signals that the tests were started with, ignored. Once caught they don't look so any more.
var ignored = slices.DeleteFunc([]syscall.Signal{syscall.SIGHUP, syscall.SIGINT}, func(s syscall.Signal) bool { return !signal.Ignored(s) })

// A signal between sending and saving ends the process afterwards, and the token is on the disk.
func TestASignalAfterSendingWaitsForTheSave(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		t.Run(sig.String(), func(t *testing.T) {
			if slices.Contains(ignored, sig) {
				t.Skip("the tests were started with this signal ignored, as nohup does, and so is what they start")
			}
			dir, dom := folder(t), newDomain(t)
			old := expiredToken(t, dir, dom)
			arrived, release := dom.gate()
			p := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey}.start(t).release()
			<-arrived
			// Twice, and behind more of what doesn't matter than any buffer holds.
			for range 200 {
				_ = p.Process.Signal(syscall.SIGWINCH)
				_ = p.Process.Signal(syscall.SIGUSR1)
				_ = p.Process.Signal(syscall.SIGPIPE)
			}
			for range 2 {
				if err := p.Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
			}
			release()
			all, status := p.ends()
			if status != 128+int(sig) || len(all) != 1 || all[0].Access != "" || all[0].Kind != "signal" {
				t.Errorf("status %d, said %+v", status, all)
			}
			if stored(t, dir).Refresh == old.Refresh {
				t.Error("the successor isn't stored")
			}
			dom.chain(dir, testKey)
			dom.once()
		})
	}
}

// The runtime sends itself SIGURG all the time; what a person sends must not drown in it.
func TestAFloodOfSignalsHidesNone(t *testing.T) {
	lower := shield()
	seen := make(chan os.Signal, 1)
	signal.Notify(seen, syscall.SIGUSR1, syscall.SIGTERM)
	defer signal.Stop(seen)
	for range 100 {
		if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		<-seen
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-seen // delivered to all who listen, under one lock of the runtime
	end, ok := lower().(*SignalError)
	if !ok || end.Number != int(syscall.SIGTERM) {
		t.Errorf("got %v", end)
	}
}

// Ctrl-Z: the token is saved, then the process stops, then it goes on with its result.
func TestAStopAfterSendingWaitsForTheSave(t *testing.T) {
	dir, dom := folder(t), newDomain(t)
	old := expiredToken(t, dir, dom)
	arrived, release := dom.gate()
	p := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey}.start(t).release()
	<-arrived
	if err := p.Process.Signal(syscall.SIGTSTP); err != nil {
		t.Fatal(err)
	}
	release()
	awaitStopped(t, p)
	if stored(t, dir).Refresh == old.Refresh {
		t.Error("stopped before the successor was stored")
	}
	// It holds no lock while it is stopped.
	if h, err := dir.tryLock(dir.name(testKey)); err != nil {
		t.Errorf("the lock: %v", err)
	} else {
		h.release()
	}
	if err := p.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if s := p.says(); s.Error != "" || s.Access == "" {
		t.Errorf("got %+v", s)
	}
	dom.chain(dir, testKey)
}

// nohup: what the parent ignores stays ignored.
func TestAnIgnoredSignalStaysIgnored(t *testing.T) {
	for _, name := range []string{"HUP", "INT"} {
		dir, dom := folder(t), newDomain(t)
		expiredToken(t, dir, dom)
		arrived, release := dom.gate()
		j := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey}
		p := j.start(t, "/bin/sh", "-c", "trap '' "+name+`; exec "$0"`).release()
		<-arrived
		for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT} {
			if sig == syscall.SIGHUP == (name == "HUP") {
				if err := p.Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
			}
		}
		release()
		if all, status := p.ends(); status != 0 || len(all) != 1 || all[0].Access == "" {
			t.Errorf("%s: status %d, said %+v", name, status, all)
		}
		dom.chain(dir, testKey)
	}
}

// Before sending nothing is at stake: an interrupt ends the process at once, and no intent is left.
func TestASignalBeforeSendingEndsAtOnce(t *testing.T) {
	dir, dom := folder(t), newDomain(t)
	expiredToken(t, dir, dom)
	fifo := filepath.Join(t.TempDir(), "connected")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	p := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey, Connected: fifo}.start(t).release()
	if b, err := os.ReadFile(fifo); err != nil || string(b) != "connected" {
		t.Fatalf("%q, %v", b, err)
	}
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	p.ends()
	if ws := p.ProcessState.Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != syscall.SIGINT {
		t.Errorf("ended by %v", p.ProcessState)
	}
	if s := dir.readState(dir.name(testKey)); s.Intent != nil {
		t.Error("an intent is left")
	}
	if n := dom.count(); n != 0 {
		t.Errorf("%d presentations", n)
	}
	got, err := dir.Token(t.Context(), testKey, Query{}, renewal(dom.URL))
	if err != nil || got.Token.Access.Empty() {
		t.Errorf("the next call: %v", err)
	}
	if left := leftovers(t, dir); left != nil {
		t.Errorf("left behind: %q", left)
	}
}
