package fleet

import (
	"context"
	"errors"
	"sync"

	"k8s.io/client-go/tools/leaderelection"
)

// ErrLost is returned if the Lease was lost: another process may work now, so this one has to end.
var ErrLost = errors.New("the Lease was lost")

// Serve waits for the Lease, and works while it is held. It returns nil when end is closed, and ErrLost when the Lease is
// lost; in both cases it finishes first what was begun. It sets config's Callbacks.
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

// work is the leader's work, which begins at most once.
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

// end lets no work begin, and waits for the end of what has begun.
func (w *work) end() {
	w.mu.Lock()
	w.ending = true
	begun := w.begun
	w.mu.Unlock()
	if begun {
		<-w.done
	}
}
