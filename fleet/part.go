package fleet

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A Part is a credential for one target, stored beside the profile's own token: a registry's token that is derived from an
// OCI principal. Deriving spends nothing, so a Part has no intent, and a lost answer costs one more request. A failure of
// one Part doesn't affect others.
type Part struct {
	Access   secret.Text
	Obtained Stamp // before the request was sent
	Life     time.Duration
	Pause    *Pause
	Last     *Failure
	Skew     time.Duration // its server's clock minus ours
}

// left is the remaining life; negative: it has expired, or there is none. One that was got more than a minute in the
// future, by a wrong clock, counts as expired.
func (p *Part) left(now Stamp) time.Duration {
	if p.Access.Empty() || p.Obtained.Wall.Sub(now.Wall) > time.Minute {
		return -1
	}
	return p.Life - now.Since(p.Obtained)
}

// expires is when it expires, in whole seconds.
func (p *Part) expires() time.Time { return p.Obtained.Wall.Truncate(time.Second).Add(p.Life) }

// due is the remaining life at which it is renewed.
func (p *Part) due() time.Duration { return policy.DuePublished(p.Life, lotOf(p.Access)) }

// lotOf is a number from 0 to 1 that is derived from a token, so it is the same for every replica.
func lotOf(t secret.Text) float64 {
	sum := sha256.Sum256([]byte(t.Reveal()))
	return float64(binary.BigEndian.Uint32(sum[:4])) / (1 << 32)
}

// part is a token of the state by its name; "" is the profile's own.
func (s *State) part(name string) Part {
	if name == "" {
		return Part{Access: s.Access, Obtained: s.Obtained, Life: s.Life, Last: s.Last}
	}
	return s.Parts[name]
}

// tokens are all that are stored, the profile's own first.
func (s *State) tokens() (list []Part) {
	for _, name := range append([]string{""}, slices.Sorted(maps.Keys(s.Parts))...) {
		if p := s.part(name); !p.Access.Empty() {
			list = append(list, p)
		}
	}
	return list
}

// ends is when the first of the stored tokens expires; zero: there is none.
func (s *State) ends() (first time.Time) {
	for _, p := range s.tokens() {
		if e := p.expires(); first.IsZero() || e.Before(first) {
			first = e
		}
	}
	return first
}

// Trouble is the last failure, of the profile's own token or else of a part; nil: there is none.
func (s *State) Trouble() *Failure {
	for _, name := range append([]string{""}, slices.Sorted(maps.Keys(s.Parts))...) {
		if p := s.part(name); p.Last != nil {
			return p.Last
		}
	}
	return nil
}

// parts are the state's parts if they are of this identity, else none.
func (k *Keeper) parts(s *State) map[string]Part {
	if s.Identity != k.Identity {
		return nil
	}
	return s.Parts
}

// derive gets each part that is due or asked for, and returns the time until the next one is due. An error is the API's.
func (k *Keeper) derive(ctx context.Context, snap Snapshot, asked bool) (Snapshot, time.Duration, error) {
	wait := lookEach
	for _, name := range k.Parts {
		p := k.parts(&snap.State)[name]
		if w := k.partWait(&p, asked); w > 0 {
			wait = min(wait, w)
			continue
		}
		own := snap.State.part("")
		if k.Renewal.own() && (!k.ours(&snap.State) || own.left(k.Clock()) <= 0) {
			continue // it may be derived from that token, whose failure is reported already
		}
		if k.Stopping() {
			break
		}
		next, saved, err := k.attemptPart(name, p, own.Access)
		if err != nil {
			return snap, wait, err
		}
		if snap, err = k.putPart(ctx, snap, name, next, saved, asked); err != nil {
			return snap, wait, err
		}
		wait = min(wait, max(k.partWait(&next, false), time.Second))
	}
	return snap, wait, nil
}

// partWait is how long a part can wait; 0: it is to be derived now.
func (k *Keeper) partWait(p *Part, asked bool) time.Duration {
	now := k.Clock()
	switch {
	case asked:
		return 0
	case p.Pause.counts(now.Wall, "", k.Renewal.Client):
		return p.Pause.End.Sub(now.Wall)
	case p.left(now) < 0:
		return 0
	}
	return max(p.left(now)-p.due(), 0)
}

// attemptPart makes one attempt and returns the part after it. With an error nothing was sent, for a reason that isn't the
// part's.
func (k *Keeper) attemptPart(name string, p Part, subject secret.Text) (next Part, saved bool, err error) {
	ctx, cancel := inTicks(connectLimit + answerLimit)
	defer cancel()
	x := &transaction{Keeper: k, fenced: true}
	answer, refusal := k.Renewal.Derive(ctx, name, subject, Attempt{
		Connect: connectLimit, Skew: p.Skew, Last: p.Last,
		Clock:   func(skew time.Duration) { p.Skew = skew },
		Sending: x.ready,
	})
	if refusal == nil {
		x.sent.Wall = x.sent.Wall.Truncate(time.Millisecond)
		return Part{Access: answer.Access, Obtained: x.sent, Life: answer.Life, Skew: p.Skew}, true, nil
	}
	if unsent, ok := errors.AsType[*UnsentError](refusal.Err); ok {
		return p, false, unsent
	}
	k.Done(refusal.Verdict.String())
	last := refusal.Failure
	last.Text = name + ": " + last.Text
	last.At = k.Clock().Wall.UTC().Truncate(time.Second)
	p.Last, p.Pause = &last, k.pauseAfter(refusal, p.Pause, "")
	return p, false, nil
}

// putPart stores a part in the state as it is by then, and removes parts that are no longer configured.
func (k *Keeper) putPart(ctx context.Context, snap Snapshot, name string, next Part, saved, asked bool) (Snapshot, error) {
	word := snap.Asked
	for tries := 0; ; tries++ {
		s := snap.State
		if s.Identity != k.Identity {
			s = State{Identity: k.Identity, Generation: s.Generation, unknown: s.unknown}
		}
		old := s.Parts
		s.Parts = map[string]Part{name: next}
		for _, other := range k.Parts {
			if p, ok := old[other]; ok && other != name {
				s.Parts[other] = p
			}
		}
		if saved {
			s.Generation++
		}
		if asked {
			snap.Obeyed = word
		}
		got, err := k.Store.Swap(ctx, snap, s)
		if err == nil {
			if saved {
				k.Done("saved")
			}
			return got, nil
		}
		if !errors.Is(err, ErrConflict) || tries == 4 {
			return snap, err
		}
		if snap, err = k.Store.Get(ctx); err != nil {
			return snap, err
		}
	}
}

// partRecord is Part in JSON.
type partRecord struct {
	Access   string    `json:"access_token,omitempty"`
	Obtained time.Time `json:"obtained_at,omitzero"`
	BootMS   int64     `json:"boot_ms,omitempty"`
	Boot     string    `json:"boot,omitempty"`
	LifeMS   int64     `json:"life_ms,omitempty"`
	Pause    *Pause    `json:"pause,omitempty"`
	Last     *Failure  `json:"last_failure,omitempty"`
	SkewMS   int64     `json:"skew_ms,omitempty"`
}

func encodeParts(parts map[string]Part) map[string]partRecord {
	if len(parts) == 0 {
		return nil
	}
	m := make(map[string]partRecord, len(parts))
	for name, p := range parts {
		m[name] = partRecord{
			Access: p.Access.Reveal(), Obtained: p.Obtained.Wall.UTC(), BootMS: p.Obtained.Boot.Milliseconds(), Boot: p.Obtained.Of,
			LifeMS: p.Life.Milliseconds(), Pause: p.Pause, Last: p.Last, SkewMS: p.Skew.Milliseconds(),
		}
	}
	return m
}

func decodeParts(m map[string]partRecord) map[string]Part {
	if len(m) == 0 {
		return nil
	}
	parts := make(map[string]Part, len(m))
	for name, r := range m {
		parts[name] = Part{
			Access: secret.New(r.Access), Obtained: Stamp{Wall: r.Obtained, Boot: time.Duration(r.BootMS) * time.Millisecond, Of: r.Boot},
			Life: time.Duration(r.LifeMS) * time.Millisecond, Pause: r.Pause, Last: r.Last, Skew: time.Duration(r.SkewMS) * time.Millisecond,
		}
	}
	return parts
}
