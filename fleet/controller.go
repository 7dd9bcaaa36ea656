package fleet

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A Controller does the leader's work: it keeps tokens fresh and publishes them.
type Controller struct {
	Keepers      []*Keeper
	Publications []Publication
	Publisher    *Publisher
	Troubles     *Troubles
	Metrics      *Metrics
	// Lost is how long no replica may notice that the leader is gone: the Lease's duration and two retries.
	Lost time.Duration

	stopping atomic.Bool
}

// Stopping reports whether nothing new may begin, for Keeper.Stopping.
func (c *Controller) Stopping() bool { return c.stopping.Load() }

// Stop lets nothing new begin.
func (c *Controller) Stop() { c.stopping.Store(true) }

// Lead works until ctx ends, and then until what has begun is done: a request that was sent, an answer that isn't saved.
func (c *Controller) Lead(ctx context.Context) {
	c.Metrics.Leader.Set(1)
	defer c.Metrics.Leader.Set(0)
	wake := map[string]chan struct{}{}
	for _, k := range c.Keepers {
		wake[k.Profile] = make(chan struct{}, 1)
	}
	c.Publisher.Behind = func(profile string) {
		select {
		case wake[profile] <- struct{}{}:
		default:
		}
	}
	publishing, halt := context.WithCancel(context.WithoutCancel(ctx))
	wait := c.Publisher.Start(publishing, c.Publications)
	var group sync.WaitGroup
	for _, k := range c.Keepers {
		group.Go(func() { c.keep(ctx, k, wake[k.Profile]) })
	}
	group.Wait()
	halt()
	wait()
}

// keep runs a Keeper's turns.
func (c *Controller) keep(ctx context.Context, k *Keeper, wake <-chan struct{}) {
	retry := time.Second
	generation := int64(-1)
	for ctx.Err() == nil && !c.Stopping() {
		o, err := k.Turn(ctx)
		next := o.Next
		if err != nil {
			next = retry
			retry = min(2*retry, lookEach)
			if !errors.Is(err, ErrConflict) && !c.Stopping() {
				c.Troubles.Set("profile", k.Profile, kindOf(err), mended(err, c.Publisher.Namespace, nil))
			}
		} else {
			retry = time.Second
			c.report(k, o, generation)
			generation = o.Snapshot.State.Generation
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// The bounds beyond which a token is warned of.
const (
	shortLife   = 10 * time.Minute
	largeToken  = 16 << 10 // bytes; etcd has 2 GiB by default
	manySecrets = 100
)

// kindOf is the part of a failure that is the same at each try.
func kindOf(err error) string {
	for _, kind := range []error{ErrMissing, ErrForbidden, errDamaged, errOtherType, errContended} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return "the API"
}

// warn returns what will work badly with the tokens of a state, which has one at least; "": nothing.
func (c *Controller) warn(s *State, profile string) (kind, wrong string) {
	secrets := 0
	for _, p := range c.Publications {
		if p.Profile == profile {
			secrets++
		}
	}
	tokens := s.tokens()
	life, size := tokens[0].Life, 0
	for _, t := range tokens {
		life, size = min(life, t.Life), max(size, t.Access.Len())
	}
	switch {
	case life < 4*c.Lost:
		return "shortest", "a token lives " + life.String() + ", too short to outlive a lost leader: let the domain give at least " + (4 * c.Lost).String()
	case life < shortLife:
		return "short", "a published token lives " + life.String() + ": who reads it late has little left"
	case size > largeToken && secrets > manySecrets:
		return "large", "a token of " + strconv.Itoa(size>>10) + " KiB lies in " + strconv.Itoa(secrets) + " Secrets: mind the size of etcd"
	}
	return "", ""
}

// report passes a turn's result to troubles, metrics and the publisher. before is the generation of the turn before.
func (c *Controller) report(k *Keeper, o Outlook, before int64) {
	s := &o.Snapshot.State
	kind, wrong := "", ""
	switch {
	case o.LoginNeeded:
		kind, wrong = "login needed", "login needed"
		if s.Mark != nil && s.Mark.Interrupted != nil {
			wrong += ": a refresh was interrupted, and the domain had already replaced its token"
		}
		wrong += "; run: credential-idcs-controller login " + k.Profile
	case o.InDoubt && !s.Intent.Over:
		kind, wrong = "in doubt", "in doubt: a refresh was interrupted, its answer may still come"
	case o.Failed != nil:
		kind, wrong = o.Failed.Class+" "+o.Failed.Code, o.Failed.Text
	}
	c.Troubles.Set("profile", k.Profile, kind, wrong)
	for _, name := range k.Parts {
		kind, wrong = "", ""
		if f := k.parts(s)[name].Last; f != nil {
			kind, wrong = f.Class+" "+f.Code, f.Text
		}
		c.Troubles.Set("target", k.Profile+" "+name, kind, wrong)
	}
	if len(o.Usable.tokens()) > 0 {
		kind, wrong = c.warn(&o.Usable, k.Profile)
		c.Troubles.Set("token", k.Profile, kind, wrong)
	}
	c.Metrics.InDoubt.WithLabelValues(k.Profile).Set(flag(o.InDoubt))
	c.Metrics.LoginNeeded.WithLabelValues(k.Profile).Set(flag(o.LoginNeeded))
	if o.Usable.ends().IsZero() {
		c.Metrics.Expiry.WithLabelValues(k.Profile).Set(0)
		return
	}
	c.Metrics.Expiry.WithLabelValues(k.Profile).Set(float64(o.Usable.ends().Unix()))
	saved := time.Time{}
	if before >= 0 && before != s.Generation {
		saved = time.Now()
	}
	c.Publisher.Offer(k.Profile, o.Usable, o.Snapshot.UID, saved)
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
