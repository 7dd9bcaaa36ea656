package people

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/credential-idcs/credential-idcs/cache"
)

// untilSignal is ctx until a signal asks the process to end; its cause is then a *cache.SignalError.
// It is for questions only, where a terminal must get its echo back: on the way to the domain the
// cache decides when a signal counts. Call stop once.
func untilSignal(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	came := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // nohup: being ignored is what the parent wants
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
