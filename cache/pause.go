package cache

import "time"

// Pauses double with each failure in a row, up to the last one.
var (
	pausesConnect = [...]time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second}
	pausesAnswer  = [...]time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 120 * time.Second}
)

const pauseClient = 60 * time.Second

// record writes a failure into the state: what was learnt of the refresh token, and until when nobody
// tries again.
func (x *transaction) record(f *Refusal, grant bool) {
	s := &x.state
	s.Attempts++
	last := f.Failure
	last.At = x.d.sys.Now()
	s.Last = &last
	if !grant { // a grant's request says nothing about the refresh token
		switch f.Verdict {
		case NotSent, Settled: // what became of an earlier request isn't known any better: a 429 came before the grant
			s.Intent = x.doubt
		case Spent:
			s.Intent = nil
		case Doubt: // stays as armed
		}
	}
	s.Pause = x.pauseAfter(f)
}

func (x *transaction) pauseAfter(f *Refusal) *pause {
	if f.Pause == NoPause {
		return nil
	}
	now := x.d.sys.Now()
	p := &pause{Refresh: digest(x.old.Refresh), Begun: now, Kind: f.Pause}
	if last := x.state.Pause; last != nil && last.Kind == f.Pause && last.Refresh == p.Refresh {
		p.Row = last.Row + 1
	}
	spread := 0.5 + 0.5*x.d.sys.Spread()
	var d time.Duration
	switch f.Pause {
	case PauseConnect:
		d = time.Duration(spread * float64(pausesConnect[min(p.Row, len(pausesConnect)-1)]))
	case PauseAnswer:
		d = time.Duration(spread * float64(pausesAnswer[min(p.Row, len(pausesAnswer)-1)]))
	case PauseClient:
		d, p.Client = pauseClient, x.renew.Client()
	}
	if f.RetryAfter > 0 {
		d = min(max(f.RetryAfter, time.Second), maxPause)
	}
	p.End = now.Add(d)
	return p
}
