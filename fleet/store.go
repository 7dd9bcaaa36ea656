package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// Why a state can't be read or written. Any other error of Swap leaves open whether it was written.
var (
	ErrConflict  = errors.New("it was changed meanwhile")
	ErrMissing   = errors.New("there is no such Secret")
	ErrForbidden = errors.New("forbidden")
)

// callLimit is how long one call to the API may take: rest.Config has no limit of its own.
const callLimit = 5 * time.Second

// A Snapshot is a state as it was read: what a Swap must find unchanged.
type Snapshot struct {
	State State
	UID   string // of the Secret
	// Asked is what a person wrote to have a refresh, Obeyed what of it was done.
	Asked, Obeyed string

	secret  *corev1.Secret
	version int // a test's own
}

// asks reports whether a person's request for a refresh is open.
func (s *Snapshot) asks() bool { return s.Asked != "" && s.Asked != s.Obeyed }

// A Store keeps the state of one profile. What Get returns is live, never from a cache; Swap writes only
// over what was read.
type Store interface {
	Get(ctx context.Context) (Snapshot, error)
	Swap(ctx context.Context, over Snapshot, s State) (Snapshot, error)
}

// A SecretStore is a Store in a profile's state Secret.
type SecretStore struct {
	Secrets corev1client.SecretInterface // of the controller's namespace
	Profile string
}

func (s *SecretStore) Get(ctx context.Context) (Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	got, err := s.Secrets.Get(ctx, StateName(s.Profile), metav1.GetOptions{})
	if err != nil {
		return Snapshot{}, s.explain("get", err)
	}
	return snapshot(got)
}

func (s *SecretStore) Swap(ctx context.Context, over Snapshot, state State) (Snapshot, error) {
	b, err := encodeState(&state)
	if err != nil {
		return Snapshot{}, err
	}
	next := *over.secret // only what is changed is copied
	next.Annotations = maps.Clone(over.secret.Annotations)
	if next.Annotations == nil {
		next.Annotations = map[string]string{}
	}
	state.annotate(next.Annotations)
	if over.Obeyed == "" {
		delete(next.Annotations, annotationRefreshed)
	} else {
		next.Annotations[annotationRefreshed] = over.Obeyed
	}
	next.Data = map[string][]byte{stateKey: b}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	got, err := s.Secrets.Update(ctx, &next, metav1.UpdateOptions{})
	if err != nil {
		return Snapshot{}, s.explain("update", err)
	}
	return snapshot(got)
}

func snapshot(s *corev1.Secret) (Snapshot, error) {
	state, err := decodeState(s.Data[stateKey])
	if err != nil {
		return Snapshot{}, fmt.Errorf("secret %s/%s: %w", s.Namespace, s.Name, err)
	}
	return Snapshot{
		State: state, UID: string(s.UID), secret: s,
		Asked: s.Annotations[annotationRefresh], Obeyed: s.Annotations[annotationRefreshed],
	}, nil
}

func (s *SecretStore) explain(verb string, err error) error {
	return explain(verb, StateName(s.Profile), err)
}

// An APIError is a call to the API that failed, with the kind of failure and what it was about.
type APIError struct {
	Verb, Secret string
	What         string // empty: it is a Secret
	Kind         error  // one of the above, or nil
	Err          error
}

func (e *APIError) Error() string {
	what := cmp.Or(e.What, "Secret") + " " + e.Secret
	switch e.Kind {
	case ErrForbidden:
		return "no right to " + e.Verb + " " + what
	case ErrMissing:
		return "there is no " + what
	}
	return e.Verb + " " + what + ": " + e.Err.Error()
}

func (e *APIError) Unwrap() []error { return []error{e.Kind, e.Err} }

func explain(verb, secret string, err error) error {
	e := &APIError{Verb: verb, Secret: secret, Err: err}
	switch {
	case apierrors.IsConflict(err):
		e.Kind = ErrConflict
	case apierrors.IsNotFound(err):
		e.Kind = ErrMissing
	case apierrors.IsForbidden(err):
		e.Kind = ErrForbidden
	}
	return e
}
