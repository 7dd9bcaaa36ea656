package main

import (
	"sync"
	"time"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/doctor"
)

// slow is how long something takes before a person wonders whether it goes on.
const slow = 300 * time.Millisecond

// alive shows on a terminal what is waited for, if that takes a while, on a line that is gone once done
// is called. In a pipe there is nothing to see. Nothing else may be written meanwhile.
func (a *app) alive(what string) (done func()) {
	if !a.terminal(2) || a.getenv("TERM") == "dumb" {
		return func() {}
	}
	sheet := doctor.Sheet{Life: a.stderr}
	var mu sync.Mutex
	over, shown := false, false
	timer := time.AfterFunc(slow, func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			shown = true
			sheet.Busy(what)
		}
	})
	return func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		if over = true; shown {
			sheet.Busy("")
		}
	}
}
