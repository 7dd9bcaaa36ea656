package fleet

import (
	"context"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// LeaseName is the name of the Lease by which replicas elect one of them.
const LeaseName = "credential-idcs-controller"

// A Lease is client-go's lock. It also records when the last renewal began, for Keeper.Fence, and when the API last
// answered, for the liveness probe: client-go tells neither.
type Lease struct {
	resourcelock.Interface
	Clock    Clock
	Duration time.Duration
	Troubles *Troubles // nil: failures are not reported
	// Namespace is the controller's, for the commands in messages.
	Namespace string

	mu       sync.Mutex
	renewed  Stamp
	held     bool
	answered Stamp
	failed   string // the verb of the last call, if it failed
}

// Holds reports whether no other process can have the Lease: it was renewed less than a third of its duration ago. That is
// counted from before the request, since its answer may have waited in a socket.
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

// tell reports a failure once, and once that calls work again; client-go logs each try. A conflict, or that there is no
// Lease yet, is no failure.
func (l *Lease) tell(verb string, err error) {
	if l.Troubles == nil || apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || verb == "get" && apierrors.IsNotFound(err) {
		return
	}
	l.mu.Lock()
	again := l.failed == "" || l.failed == verb || verb != "get" // a get that works doesn't mean that an update does
	if err != nil {
		l.failed = verb
	} else if again {
		l.failed = ""
	}
	l.mu.Unlock()
	name := l.Namespace + "/" + LeaseName
	switch {
	case err != nil:
		e := &APIError{Verb: verb, What: "Lease", Secret: name, Err: err}
		if apierrors.IsForbidden(err) {
			e.Kind = ErrForbidden
		}
		l.Troubles.Set("lease", name, verb+" "+kindOf(e), mended(e, l.Namespace, nil))
	case again:
		l.Troubles.Set("lease", name, "", "")
	}
}

func (l *Lease) note(verb string, begun Stamp, held bool, err error) error {
	l.tell(verb, err)
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
	l.tell("get", err)
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
	return l.note("create", begun, r.HolderIdentity == l.Identity(), l.Interface.Create(ctx, r))
}

// Update is the lock's. The one that gives the Lease away names nobody.
func (l *Lease) Update(ctx context.Context, r resourcelock.LeaderElectionRecord) error {
	begun := l.Clock()
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	return l.note("update", begun, r.HolderIdentity == l.Identity(), l.Interface.Update(ctx, r))
}
