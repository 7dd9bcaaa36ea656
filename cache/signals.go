package cache

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// shield keeps every signal that can be caught away from the process from the moment a refresh
// token may be on the wire to the moment its successor is on the disk. lower ends it and returns
// what came meanwhile: a *SignalError for a signal that asks the process to end. A stop (Ctrl-Z)
// that came is obeyed inside lower, and lower returns when the process is continued.
func shield() (lower func() error) {
	ignored := map[os.Signal]bool{}
	for _, s := range fatal {
		ignored[s] = signal.Ignored(s) // nohup: the parent has decided that it is ignored
	}
	// One channel for all, which nobody reads: being caught is enough, and the runtime's own SIGURG
	// would fill any. One place in the two that matter keeps the first that came.
	all, ends, stops := make(chan os.Signal, 1), make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(all)
	for _, s := range fatal {
		if !ignored[s] {
			signal.Notify(ends, s)
		}
	}
	notifyStop(stops)
	restore := ignoreReserved()
	return func() error {
		restore()
		for _, c := range []chan os.Signal{all, ends, stops} {
			signal.Stop(c)
		}
		select {
		case s := <-ends:
			return &SignalError{Number: int(s.(syscall.Signal))}
		default:
		}
		select {
		case <-stops:
			stopSelf()
		default:
		}
		return nil
	}
}

// tick is how finely a transaction's time is counted.
const tick = 100 * time.Millisecond

// Ticks bound a transaction by the time that this process really ran: they count the ticks that it
// saw. A process that was stopped in the middle (Ctrl-Z, a closed lid, a frozen container) finds the
// domain's answer waiting in its socket when it goes on, and must not throw it away because a wall
// clock says that it is late.
type ticks struct {
	ctx   context.Context
	limit time.Duration
	seen  atomic.Int64
	end   context.CancelFunc
}

func startTicks(parent context.Context, limit time.Duration) *ticks {
	ctx, cancel := context.WithCancelCause(parent)
	k := &ticks{ctx: ctx, limit: limit, end: func() { cancel(context.Canceled) }}
	go func() {
		t := time.NewTicker(tick)
		defer t.Stop()
		for k.left() > 0 {
			select {
			case <-t.C:
				k.seen.Add(1)
			case <-ctx.Done():
				return
			}
		}
		cancel(context.DeadlineExceeded)
	}()
	return k
}

func (k *ticks) left() time.Duration { return k.limit - time.Duration(k.seen.Load())*tick }

func (k *ticks) stop() { k.end() }
