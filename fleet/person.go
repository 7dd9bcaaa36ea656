package fleet

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Ask asks the leader for a refresh, by an annotation on the state Secret. word must be a new one. The refresh is done when
// the state's generation exceeds the returned one.
func (s *SecretStore) Ask(ctx context.Context, word string) (generation int64, err error) {
	for {
		snap, err := s.Get(ctx)
		if err != nil {
			return 0, err
		}
		next := *snap.secret
		next.Annotations = maps.Clone(next.Annotations)
		if next.Annotations == nil {
			next.Annotations = map[string]string{}
		}
		next.Annotations[annotationRefresh] = word
		_, err = s.Secrets.Update(ctx, &next, metav1.UpdateOptions{})
		if err == nil {
			return snap.State.Generation, nil
		}
		if err = s.explain("update", err); !errors.Is(err, ErrConflict) {
			return 0, err
		}
	}
}

// A Row is the content of a Secret's annotations, which have no token.
type Row struct {
	Profile     string
	Secret      string // of a published one: namespace/name
	State       string
	Expires     time.Time // zero: nothing is stored
	Generation  int64
	LastFailure string
	InDoubt     time.Time // zero: it isn't
}

// StateRow reads the annotations of a state Secret.
func StateRow(profile string, m *metav1.ObjectMeta, now time.Time) Row {
	r := row(profile, m.Annotations)
	r.State, r.LastFailure = m.Annotations[annotationState], m.Annotations[annotationLastError]
	r.InDoubt, _ = time.Parse(time.RFC3339, m.Annotations[annotationInDoubt])
	switch {
	case r.State == "":
		r.State = StateNone
	case r.State == StateFresh && !r.Expires.After(now):
		r.State = StateExpired
	}
	return r
}

// SecretRow reads the annotations of a published Secret. of is its profile's state.
func SecretRow(p *Publication, m *metav1.ObjectMeta, of Row, now time.Time) Row {
	r := row(p.Profile, m.Annotations)
	r.Secret, r.State = p.String(), secretFresh
	switch {
	case r.Generation != of.Generation:
		r.State = secretStale
	case !r.Expires.After(now):
		r.State = StateExpired
	}
	return r
}

func row(profile string, a map[string]string) Row {
	r := Row{Profile: profile}
	r.Expires, _ = time.Parse(time.RFC3339, a[annotationExpires])
	r.Generation, _ = strconv.ParseInt(a[annotationGeneration], 10, 64)
	return r
}

// MissingSecret is the row of a published Secret that isn't there.
func MissingSecret(p *Publication) Row {
	return Row{Profile: p.Profile, Secret: p.String(), State: secretMissing}
}
