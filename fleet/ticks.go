package fleet

import (
	"context"
	"time"
)

// tick is the unit of inTicks. It counts time in which the process really ran.
const tick = 100 * time.Millisecond

var errOutOfTime = context.DeadlineExceeded

// inTicks is a context that ends after so many ticks. A process that was stopped after it sent its request finds the answer
// in its socket when it continues; with a deadline by the clock, the answer would be lost. Safety doesn't depend on it:
// the checks before the request do that.
func inTicks(limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	t := time.NewTicker(tick)
	go func() {
		defer t.Stop()
		for range limit / tick {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
		}
		cancel(errOutOfTime)
	}()
	return ctx, func() { cancel(nil) }
}
