package fleet

import (
	"context"
	"errors"
	"sync"

	"k8s.io/client-go/tools/leaderelection"
)

// ErrLost says that the Lease was lost: another may work now, so this process has to end.
var ErrLost = errors.New("the Lease was lost")

// Serve waits for the Lease, works while it is held, and ends: with nil when end is closed, with ErrLost
// when the Lease is lost. In both cases what was begun is done first. Of the configuration all but the
// callbacks is the caller's.
func (c *Controller) Serve(end <-chan struct{}, config leaderelection.LeaderElectionConfig) error {
	working, halt := context.WithCancel(context.Background())
	defer halt()
	electing, release := context.WithCancel(context.Background())
	defer release()
	w := &work{done: make(chan struct{})}
	config.Callbacks = leaderelection.LeaderCallbacks{
		OnStartedLeading: func(context.Context) {
			if w.begin() {
				c.Troubles.Log.Info("working", "holder", config.Lock.Identity())
				c.Lead(working)
				close(w.done)
			}
		},
		OnStoppedLeading: func() {},
	}
	elector, err := leaderelection.NewLeaderElector(config)
	if err != nil {
		return err
	}
	finish := func() {
		c.Stop()
		halt()
		w.end()
	}
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-end:
			c.Troubles.Log.Info("ending")
			finish()
			release() // gives the Lease away
		case <-over:
		}
	}()
	elector.Run(electing)
	finish()
	select {
	case <-end:
		return nil
	default:
		return ErrLost
	}
}

// work is the leader's, which begins at most once.
type work struct {
	mu     sync.Mutex
	begun  bool
	ending bool
	done   chan struct{}
}

// begin reports whether the work may begin.
func (w *work) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = !w.ending
	return w.begun
}

// end lets none begin, and waits for what was.
func (w *work) end() {
	w.mu.Lock()
	w.ending = true
	begun := w.begun
	w.mu.Unlock()
	if begun {
		<-w.done
	}
}
