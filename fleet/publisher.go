package fleet

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// A Publisher writes tokens into Secrets. It updates a Secret in place, since a deleted and recreated one has another UID,
// by which the kubelet remembers what it pulled images with. What others wrote into a Secret stays.
//
// A Secret is read at the start and every few minutes, and written only if it differs. It isn't watched: that would need a
// right on all Secrets of a namespace, and a watch may stop silently. The Publisher remembers what it read last, so a new
// token costs one request for each Secret.
type Publisher struct {
	Client    corev1client.SecretsGetter
	Namespace string // the controller's, which commands name
	Clock     Clock
	Spread    func() float64
	Troubles  *Troubles
	Metrics   *Metrics
	// Behind is called if a Secret has a newer token than the one to publish: this process is no longer the leader, or its
	// state is old.
	Behind func(profile string)

	atOnce   chan struct{} // limits the number of calls at the same time
	all      []*published
	counting sync.Mutex // else an older count might be set behind a newer one, and stand for minutes
}

// A published is one Secret.
type published struct {
	Publication
	wake chan struct{}

	mu    sync.Mutex
	token *current // what it should hold; nil: nothing yet
	state string
	last  *corev1.Secret // as it was read or written last; nil: unknown
}

// A current is the token of a profile that is to be published.
type current struct {
	state *State
	of    string // the UID of the state Secret
	saved time.Time
}

// The times of a Secret.
const (
	publishAtOnce = 16
	lookAgain     = 5 * time.Minute // at most
	retryFirst    = 2 * time.Second
)

var (
	errOtherType = errors.New("it is of another type, which can't be changed")
	errContended = errors.New("it is changed all the time by somebody else")
)

// Start begins to keep the Secrets, until ctx ends; Wait returns when the last call is over.
func (p *Publisher) Start(ctx context.Context, list []Publication) (wait func()) {
	p.atOnce = make(chan struct{}, publishAtOnce)
	var group sync.WaitGroup
	for _, pub := range list {
		s := &published{Publication: pub, wake: make(chan struct{}, 1), state: secretStale}
		p.all = append(p.all, s)
		group.Go(func() { p.keep(ctx, s) })
	}
	return group.Wait
}

// Offer sets the token that a profile's Secrets should have. An older one is ignored.
func (p *Publisher) Offer(profile string, state State, of string, saved time.Time) {
	c := &current{state: &state, of: of, saved: saved}
	for _, s := range p.all {
		if s.Profile != profile {
			continue
		}
		s.mu.Lock()
		changed := s.token == nil || s.token.of != of || s.token.state.Generation < state.Generation
		if changed {
			s.token = c
			if s.state == secretFresh {
				s.state = secretStale
			}
		}
		s.mu.Unlock()
		if changed {
			select {
			case s.wake <- struct{}{}:
			default:
			}
		}
	}
}

// keep keeps one Secret.
func (p *Publisher) keep(ctx context.Context, s *published) {
	retry := retryFirst
	next := time.Duration(0)
	for {
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-s.wake:
			timer.Stop()
		case <-timer.C:
			s.last = nil // read it again
		}
		select {
		case <-ctx.Done():
			return
		case p.atOnce <- struct{}{}:
		}
		err := p.sync(s)
		<-p.atOnce
		p.report(s, err)
		if err != nil {
			next = time.Duration((0.5 + 0.5*p.Spread()) * float64(retry))
			retry = min(2*retry, lookAgain)
			continue
		}
		retry = retryFirst
		next = time.Duration((0.8 + 0.2*p.Spread()) * float64(lookAgain))
	}
}

// sync makes a Secret hold its token.
func (p *Publisher) sync(s *published) error {
	s.mu.Lock()
	token := s.token
	s.mu.Unlock()
	for range 5 {
		if s.last == nil {
			got, err := p.get(s)
			if err != nil {
				return err
			}
			s.last = got
		}
		if s.last.Type != s.Empty().Type {
			s.last = nil
			return errOtherType
		}
		if token == nil || s.expires(token.state, p.Clock()).IsZero() {
			return nil // there is nothing useful to publish
		}
		next, changed := s.filled(s.last, token, p.Clock())
		if !changed {
			return nil
		}
		if newer(s.last, token) {
			s.last = nil
			p.Behind(s.Profile)
			return nil
		}
		got, err := p.update(s, next)
		if err == nil {
			s.last = got
			return nil
		}
		s.last = nil
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return errContended
}

// filled is the Secret with the token in it, and whether it has changed.
func (s *published) filled(old *corev1.Secret, token *current, now Stamp) (*corev1.Secret, bool) {
	next := *old
	next.Labels, next.Annotations, next.Data = maps.Clone(old.Labels), maps.Clone(old.Annotations), maps.Clone(old.Data)
	if next.Data == nil {
		next.Data = map[string][]byte{}
	}
	s.mark(&next)
	maps.Copy(next.Data, s.data(token.state, now))
	maps.Copy(next.Annotations, map[string]string{
		annotationProfile:    s.Profile,
		annotationExpires:    s.expires(token.state, now).UTC().Format(time.RFC3339),
		annotationGeneration: strconv.FormatInt(token.state.Generation, 10),
		annotationOf:         token.of,
	})
	same := maps.Equal(next.Labels, old.Labels) && maps.Equal(next.Annotations, old.Annotations) &&
		maps.EqualFunc(next.Data, old.Data, bytes.Equal)
	return &next, !same
}

// newer reports whether a Secret has a later token of the same state. A state that was deleted and recreated counts
// generations from the beginning, so the UID is compared, too.
func newer(s *corev1.Secret, token *current) bool {
	n, err := strconv.ParseInt(s.Annotations[annotationGeneration], 10, 64)
	return err == nil && s.Annotations[annotationOf] == token.of && n > token.state.Generation
}

func (p *Publisher) get(s *published) (*corev1.Secret, error) {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	got, err := p.Client.Secrets(s.Namespace).Get(ctx, s.Name, metav1.GetOptions{})
	if err != nil {
		return nil, explain("get", s.String(), err)
	}
	got.ManagedFields = nil // half of its memory
	return got, nil
}

func (p *Publisher) update(s *published, next *corev1.Secret) (*corev1.Secret, error) {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	got, err := p.Client.Secrets(s.Namespace).Update(ctx, next, metav1.UpdateOptions{})
	if err != nil {
		return nil, explain("update", s.String(), err)
	}
	got.ManagedFields = nil
	return got, nil
}

// report reports a Secret's state to logs and metrics.
func (p *Publisher) report(s *published, err error) {
	state, kind, wrong := secretStale, "", ""
	s.mu.Lock()
	token := s.token
	switch {
	case errors.Is(err, ErrMissing):
		state, kind, wrong = secretMissing, kindOf(err), mended(err, p.Namespace, &s.Publication)
	case err != nil:
		state, kind, wrong = secretFailed, kindOf(err), mended(err, p.Namespace, &s.Publication)
	case token != nil && s.last != nil && !newer(s.last, token):
		state = secretFresh
	}
	done := s.state != secretFresh && state == secretFresh
	s.state = state
	s.mu.Unlock()
	p.Troubles.Set("secret", s.String(), kind, wrong)
	p.count(s.Profile)
	if done && p.allFresh(s.Profile) && !token.saved.IsZero() {
		p.Metrics.Publish.Observe(time.Since(token.saved).Seconds())
	}
}

// count sets the gauges of a profile.
func (p *Publisher) count(profile string) {
	p.counting.Lock()
	defer p.counting.Unlock()
	n := map[string]int{}
	for _, s := range p.all {
		if s.Profile == profile {
			s.mu.Lock()
			n[s.state]++
			s.mu.Unlock()
		}
	}
	for _, state := range secretStates {
		p.Metrics.Secrets.WithLabelValues(profile, state).Set(float64(n[state]))
	}
}

func (p *Publisher) allFresh(profile string) bool {
	for _, s := range p.all {
		if s.Profile == profile {
			s.mu.Lock()
			fresh := s.state == secretFresh
			s.mu.Unlock()
			if !fresh {
				return false
			}
		}
	}
	return true
}
