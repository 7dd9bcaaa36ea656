package edit

import (
	"os"
	"os/signal"
	"sync"
)

var held struct {
	sync.Mutex
	depth int
	came  chan os.Signal
}

// holdSignals delays the signals that end the process until release, which then sends them again. Calls may be nested.
func holdSignals() (release func()) {
	held.Lock()
	defer held.Unlock()
	if held.depth++; held.depth == 1 {
		held.came = make(chan os.Signal, 1)
		for _, s := range ending {
			if !signal.Ignored(s) { // as under nohup: the parent wants it ignored
				signal.Notify(held.came, s)
			}
		}
	}
	return sync.OnceFunc(func() {
		held.Lock()
		defer held.Unlock()
		if held.depth--; held.depth > 0 {
			return
		}
		signal.Stop(held.came)
		select {
		case s := <-held.came:
			endBy(s)
		default:
		}
	})
}
