package fleet

import (
	"context"
	"time"
)

// tick is the unit in which the time of an answer is counted: time that the process really ran.
const tick = 100 * time.Millisecond

var errOutOfTime = context.DeadlineExceeded

// inTicks is a context that ends after so many ticks. A process that was stopped with its request on the
// wire finds the answer in its socket when it goes on, and a deadline by the clock would throw it away.
// All safety is in the checks before the request is sent, none in here.
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
