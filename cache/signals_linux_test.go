package cache

import (
	"fmt"
	"syscall"
	"testing"
)

// R5: But for KILL no signal ends the window between sending and saving, those of the C library and the
// real-time ones included. STOP only delays it.
func TestNoSignalEndsTheWindow(t *testing.T) {
	for n := syscall.Signal(1); n <= 64; n++ {
		if n == syscall.SIGKILL || n == syscall.SIGSTOP || n == syscall.SIGTSTP {
			continue
		}
		t.Run(fmt.Sprint(int(n)), func(t *testing.T) {
			t.Parallel()
			dir, dom := folder(t), newDomain(t)
			old := expiredToken(t, dir, dom)
			arrived, release := dom.gate()
			p := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey}.start(t).release()
			<-arrived
			for range 2 {
				if err := p.Process.Signal(n); err != nil {
					t.Fatal(err)
				}
			}
			release()
			if _, status := p.ends(); status != 0 && status != 128+int(n) {
				t.Errorf("status %d: %s", status, p.err.String())
			}
			if stored(t, dir).Refresh == old.Refresh {
				t.Error("the successor isn't stored")
			}
			dom.chain(dir, testKey)
		})
	}
}
