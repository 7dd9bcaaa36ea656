package people

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/credential-idcs/credential-idcs/cache"
)

// untilSignal returns a ctx that a signal to end the process cancels; its cause is then a *cache.SignalError. It is
// for questions only, after which a terminal must get its echo back: during a request the cache decides when a signal
// counts. Call stop once.
func untilSignal(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	came := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // as under nohup: the parent wants it ignored
			signal.Notify(came, s)
		}
	}
	go func() {
		select {
		case s := <-came:
			number, _ := s.(syscall.Signal)
			cancel(&cache.SignalError{Number: int(number)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(came)
		cancel(nil)
	}
}
