//go:build unix

package cache

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// stop stops a process and waits until it is stopped.
func stop(t *testing.T, p *process) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	awaitStopped(t, p)
}

func awaitStopped(t *testing.T, p *process) {
	t.Helper()
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(p.Process.Pid, &ws, syscall.WUNTRACED, nil); err != nil || !ws.Stopped() {
		t.Fatalf("not stopped: %v %v", ws, err)
	}
}

func TestAStoppedHolderKeepsNobodyFromALiveToken(t *testing.T) {
	dir, dom := folder(t), newDomain(t)
	access, refresh := dom.login()
	plant(t, dir, access, refresh, 50*time.Minute, time.Hour) // early
	arrived, release := dom.gate()
	j := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey}
	holder := j.start(t).release()
	<-arrived
	stop(t, holder)
	for _, p := range j.crowd(t, 20) {
		if s := p.says(); s.Access != access || s.Error != "" {
			t.Errorf("got %+v", s)
		}
	}
	release()
	if err := holder.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if s := holder.says(); s.Access == access || s.Error != "" {
		t.Errorf("the holder got %+v", s)
	}
	dom.once()
	dom.chain(dir, testKey)
}

func TestAStoppedHolderIsNamedAndSavesLater(t *testing.T) {
	dir, dom := folder(t), newDomain(t)
	expiredToken(t, dir, dom)
	arrived, release := dom.gate()
	j := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey}
	holder := j.start(t).release()
	<-arrived
	stop(t, holder)
	j.Wait = time.Second
	for _, p := range j.crowd(t, 8) {
		if s := p.says(); s.Kind != "busy" || s.Pid != holder.Process.Pid {
			t.Errorf("got %+v, want busy with pid %d", s, holder.Process.Pid)
		}
	}
	// The lock file goes; the intent of a living process still keeps everybody off.
	if err := os.Remove(dir.file(dir.name(testKey), ".lock")); err != nil {
		t.Fatal(err)
	}
	for _, p := range j.crowd(t, 8) {
		if s := p.says(); s.Kind != "busy" || s.Pid != holder.Process.Pid {
			t.Errorf("without the lock file: got %+v, want busy with pid %d", s, holder.Process.Pid)
		}
	}
	if n := dom.count(); n != 1 {
		t.Errorf("%d presentations", n)
	}
	release()
	if err := holder.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if s := holder.says(); s.Error != "" {
		t.Errorf("the holder failed: %s", s.Error)
	}
	dom.chain(dir, testKey)
}
