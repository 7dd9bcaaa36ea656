package fleet

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// A shelf is the API as far as it keeps Secrets: a resource version for each, and 409 for an old one.
type shelf struct {
	mu         sync.Mutex
	all        map[string]*corev1.Secret
	gets, puts int
	refuse     func(name string) error
	changed    func(old *corev1.Secret) // before one is replaced
}

func (s *shelf) Secrets(ns string) corev1client.SecretInterface { return &shelfOf{nil, s, ns} }

type shelfOf struct {
	corev1client.SecretInterface // what isn't called
	*shelf
	ns string
}

var resource = schema.GroupResource{Resource: "secrets"}

func (s *shelfOf) Get(_ context.Context, name string, _ metav1.GetOptions) (*corev1.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gets++
	if o := s.all[s.ns+"/"+name]; o != nil {
		return o.DeepCopy(), nil
	}
	return nil, apierrors.NewNotFound(resource, name)
}

func (s *shelfOf) Update(_ context.Context, o *corev1.Secret, _ metav1.UpdateOptions) (*corev1.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.all[s.ns+"/"+o.Name]
	if s.refuse != nil {
		if err := s.refuse(o.Name); err != nil {
			return nil, err
		}
	}
	switch {
	case old == nil:
		return nil, apierrors.NewNotFound(resource, o.Name)
	case o.ResourceVersion != "" && old.ResourceVersion != o.ResourceVersion:
		return nil, apierrors.NewConflict(resource, o.Name, fmt.Errorf("old"))
	}
	s.puts++
	s.put(o.DeepCopy())
	return s.all[s.ns+"/"+o.Name].DeepCopy(), nil
}

func (s *shelf) put(o *corev1.Secret) {
	name := o.Namespace + "/" + o.Name
	n := 0
	if old := s.all[name]; old != nil {
		if s.changed != nil {
			s.changed(old)
		}
		_, _ = fmt.Sscan(old.ResourceVersion, &n)
	}
	o.ResourceVersion, o.UID = fmt.Sprint(n+1), types.UID(name)
	s.all[name] = o
}

// edit is somebody else's change.
func (s *shelf) edit(name string, change func(*corev1.Secret)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.all[name].DeepCopy()
	change(o)
	s.put(o)
}

func (s *shelf) get(name string) *corev1.Secret {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[name].DeepCopy()
}

func (s *shelf) counts() (gets, puts int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gets, s.puts
}
