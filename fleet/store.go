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

// Why a state can't be read or written. After any other error of Swap it isn't known whether it was written.
var (
	ErrConflict  = errors.New("it was changed meanwhile")
	ErrMissing   = errors.New("there is no such Secret")
	ErrForbidden = errors.New("forbidden")
)

// callLimit is how long one call to the API may take: rest.Config has no limit of its own.
const callLimit = 5 * time.Second

// A Snapshot is a state as it was read. A Swap over it fails if the state has changed since.
type Snapshot struct {
	State State
	UID   string // of the Secret
	// Asked is the word of a person's last request for a refresh, Obeyed that of the last one that was done.
	Asked, Obeyed string

	secret  *corev1.Secret
	version int // only for the tests' Store
}

// asks reports whether a person's request for a refresh is open.
func (s *Snapshot) asks() bool { return s.Asked != "" && s.Asked != s.Obeyed }

// A Store has the state of one profile. Get never reads from a cache. Swap writes only if the state is still over, else
// its error is ErrConflict.
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
	next := *over.secret // shallow: its maps are replaced, not changed
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

// An APIError is a call to the API that failed.
type APIError struct {
	Verb, Secret string // "update" and the object's name
	What         string // the object's kind; empty: Secret
	Kind         error  // ErrConflict, ErrMissing, ErrForbidden or nil
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
