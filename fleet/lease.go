package fleet

import (
	"context"
	"sync"
	"time"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// LeaseName is the name of the Lease by which replicas elect one of them.
const LeaseName = "credential-idcs-controller"

// A Lease is client-go's lock that remembers when the last renewal began, which client-go doesn't tell:
// the fence needs it. And when the API last answered at all, for the probe.
type Lease struct {
	resourcelock.Interface
	Clock    Clock
	Duration time.Duration

	mu       sync.Mutex
	renewed  Stamp
	held     bool
	answered Stamp
}

// Holds reports whether nobody else can have the Lease for a while: it was renewed less than a third of
// its duration ago, counted from before the request, as its answer may have lain in a socket.
func (l *Lease) Holds(now Stamp) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held && now.Since(l.renewed) < l.Duration/3
}

// Reached is how long ago the API last answered.
func (l *Lease) Reached(now Stamp) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answered.Wall.IsZero() {
		return time.Duration(1<<63 - 1)
	}
	return now.Since(l.answered)
}

func (l *Lease) note(begun Stamp, held bool, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.renewed, l.held, l.answered = begun, held, begun
	}
	return err
}

// Get is the lock's.
func (l *Lease) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	begun := l.Clock()
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	r, raw, err := l.Interface.Get(ctx)
	if err == nil {
		l.mu.Lock()
		l.answered = begun
		l.held = l.held && r.HolderIdentity == l.Identity() // somebody took it
		l.mu.Unlock()
	}
	return r, raw, err
}

// Create is the lock's.
func (l *Lease) Create(ctx context.Context, r resourcelock.LeaderElectionRecord) error {
	begun := l.Clock()
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	return l.note(begun, r.HolderIdentity == l.Identity(), l.Interface.Create(ctx, r))
}

// Update is the lock's. The one that gives the Lease away names nobody.
func (l *Lease) Update(ctx context.Context, r resourcelock.LeaderElectionRecord) error {
	begun := l.Clock()
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	return l.note(begun, r.HolderIdentity == l.Identity(), l.Interface.Update(ctx, r))
}
