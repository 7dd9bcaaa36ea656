package fleet

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/util/flowcontrol"
)

// podSecrets is the API's Secrets as one replica sees them.
type podSecrets struct {
	p     *pod
	limit flowcontrol.RateLimiter
}

type podSecretsOf struct {
	corev1client.SecretInterface
	*podSecrets
	ns string
}

func (s *podSecrets) Secrets(ns string) corev1client.SecretInterface {
	return &podSecretsOf{s.p.shelf.Secrets(ns), s, ns}
}

func (s *podSecretsOf) pass(ctx context.Context, gate string) error {
	if s.limit != nil {
		if err := s.limit.Wait(ctx); err != nil {
			return err
		}
	}
	return s.p.passes(gate, "api")
}

func (s *podSecretsOf) Get(ctx context.Context, name string, o metav1.GetOptions) (*corev1.Secret, error) {
	if err := s.pass(ctx, ""); err != nil {
		return nil, err
	}
	got, err := s.SecretInterface.Get(ctx, name, o)
	if s.ns == "ctl" {
		_ = s.p.passes(atLooked, "")
	}
	return got, err
}

func (s *podSecretsOf) Update(ctx context.Context, next *corev1.Secret, o metav1.UpdateOptions) (*corev1.Secret, error) {
	if err := s.pass(ctx, ""); err != nil {
		return nil, err
	}
	got, err := s.SecretInterface.Update(ctx, next, o)
	if err != nil {
		return nil, err
	}
	gate := ""
	if s.ns == "ctl" {
		state, _ := decodeState(next.Data[stateKey])
		switch {
		case state.Intent != nil && !state.Intent.Over:
			gate = atIntent
		case state.Intent == nil && state.Mark == nil && state.Last == nil:
			gate = atSaved
		}
	} else {
		s.p.mu.Lock()
		if s.p.wrote++; s.p.wrote%len(s.p.shelf.all) == len(s.p.shelf.all)/2 {
			gate = atHalf
		}
		s.p.mu.Unlock()
	}
	// Done is done, but the answer of a call may be lost on its way.
	if err := s.p.passes(gate, "api"); err != nil {
		return nil, err
	}
	return got, nil
}

// podLock is the Lease.
type podLock struct{ p *pod }

var leases = schema.GroupResource{Group: "coordination.k8s.io", Resource: "leases"}

func (l *podLock) Get(context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	if err := l.p.passes("", "api"); err != nil {
		return nil, nil, err
	}
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	if l.p.lease == nil {
		return nil, nil, apierrors.NewNotFound(leases, LeaseName)
	}
	r := *l.p.lease
	l.p.saw = l.p.leased
	return &r, fmt.Append(nil, l.p.leased), nil
}

func (l *podLock) Create(ctx context.Context, r resourcelock.LeaderElectionRecord) error {
	return l.put(r)
}

func (l *podLock) Update(ctx context.Context, r resourcelock.LeaderElectionRecord) error {
	return l.put(r)
}

func (l *podLock) put(r resourcelock.LeaderElectionRecord) error {
	if err := l.p.passes("", "api"); err != nil {
		return err
	}
	l.p.mu.Lock()
	if l.p.saw != l.p.leased {
		l.p.mu.Unlock()
		return apierrors.NewConflict(leases, LeaseName, errors.New("it was changed"))
	}
	elected := r.HolderIdentity == l.p.name && (l.p.lease == nil || l.p.lease.HolderIdentity != l.p.name)
	l.p.lease, l.p.leased = &r, l.p.leased+1
	l.p.saw = l.p.leased
	l.p.mu.Unlock()
	if elected {
		return l.p.passes(atElected, "")
	}
	return nil
}

func (l *podLock) RecordEvent(string) {}

func (l *podLock) Identity() string { return l.p.name }

func (l *podLock) Describe() string { return LeaseName }
