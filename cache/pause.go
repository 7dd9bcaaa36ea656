package cache

import "github.com/credential-idcs/credential-idcs/cache/policy"

// A Pause says how long nobody tries again.
type Pause = policy.Pause

const (
	NoPause      = policy.NoPause
	PauseConnect = policy.PauseConnect // 5, 10, 20, 30 s
	PauseAnswer  = policy.PauseAnswer  // 5, 10, 20, 40, 80, 120 s
	PauseClient  = policy.PauseClient  // 60 s, until the client's configuration changes
	PauseWay     = policy.PauseWay     // none
)

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
		case Doubt: // the intent stays
		}
	}
	s.Pause = x.pauseAfter(f)
}

// concerned is whom a failure counts for, empty for all: who has the same client, and where nothing was
// sent, who has the same way to the domain. A dead proxy in one shell holds up nobody who has none.
func (r Renewal) concerned(kind Pause) string {
	switch {
	case kind == PauseClient && r.Client != nil:
		return r.Client()
	case (kind == PauseConnect || kind == PauseWay) && r.Way != nil:
		return r.Way()
	}
	return ""
}

// concerns reports whether the failure before this pause is one of the caller's too.
func (p *pause) concerns(r Renewal) bool {
	return p == nil || p.Client == "" || p.Client == r.concerned(p.Kind)
}

func (x *transaction) pauseAfter(f *Refusal) *pause {
	if f.Pause == NoPause {
		return nil
	}
	now := x.d.sys.Now()
	p := &pause{Refresh: digest(x.old.Refresh), Begun: now, Kind: f.Pause}
	p.Client = x.renew.concerned(f.Pause)
	last := x.state.Pause
	if last != nil && last.Kind == f.Pause && last.Refresh == p.Refresh && (f.Pause == PauseClient || last.Client == p.Client) {
		p.Row = last.Row + 1
	}
	p.End = now.Add(f.Pause.Length(p.Row, f.RetryAfter, x.d.sys.Spread()))
	return p
}
