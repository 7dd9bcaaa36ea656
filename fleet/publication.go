package fleet

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The annotations of the published Secrets and the state Secrets. None holds a token.
const (
	annotationProfile    = "credential-idcs/profile"
	annotationExpires    = "credential-idcs/expires-at" // RFC 3339
	annotationGeneration = "credential-idcs/generation"
	annotationOf         = "credential-idcs/of"    // the UID of the state Secret that the generation counts in
	annotationState      = "credential-idcs/state" // of the state alone, as the next ones: fresh, login_needed or none
	annotationLastError  = "credential-idcs/last-error"
	annotationInDoubt    = "credential-idcs/in-doubt"  // since when, RFC 3339
	annotationRefresh    = "credential-idcs/refresh"   // a person asks for a refresh by any new text
	annotationRefreshed  = "credential-idcs/refreshed" // the last such text whose refresh was done
)

// A Kind is the form of a published Secret.
type Kind string

const (
	Docker     Kind = "docker"
	BasicAuth  Kind = "basic-auth"
	Token      Kind = "token"
	ArgoCD     Kind = "argocd"
	ArgoCDHelm Kind = "argocd-helm"
)

// argoLabel is the label by which Argo CD finds credentials; with "repo-creds" they are for all repositories below a URL.
// https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#repository-credentials
const argoLabel = "argocd.argoproj.io/secret-type"

// A Publication is one Secret with a profile's token.
type Publication struct {
	Profile         string
	Namespace, Name string
	Kind            Kind
	Logins          []Login // of Docker
	URL             string  // of ArgoCD, with scheme, and of ArgoCDHelm, without
	Username        string  // of BasicAuth and both of Argo CD
	Labels          map[string]string
	Annotations     map[string]string
}

// A Login is a registry, its user name, and the name of the Part for it; "": the profile's own token.
type Login struct{ Host, Username, Part string }

// String is the Secret's name for people: namespace/name.
func (p *Publication) String() string { return p.Namespace + "/" + p.Name }

// Empty is the Secret before the first token. It has its type and all keys of it: the API server checks some types, and a
// type can't be changed later.
func (p *Publication) Empty() *corev1.Secret {
	s := &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name, Annotations: map[string]string{annotationProfile: p.Profile}},
		Type:       corev1.SecretTypeOpaque,
	}
	switch p.Kind {
	case Docker:
		s.Type = corev1.SecretTypeDockerConfigJson
	case BasicAuth:
		s.Type = corev1.SecretTypeBasicAuth
	}
	p.mark(s)
	s.Data = p.data(&State{}, Stamp{})
	return s
}

// mark sets the labels and annotations that are ours to set. Others stay.
func (p *Publication) mark(s *corev1.Secret) {
	if len(p.Labels) > 0 || p.Kind == ArgoCD || p.Kind == ArgoCDHelm {
		if s.Labels == nil {
			s.Labels = map[string]string{}
		}
		maps.Copy(s.Labels, p.Labels)
	}
	if p.Kind == ArgoCD || p.Kind == ArgoCDHelm {
		s.Labels[argoLabel] = "repo-creds"
	}
	if s.Annotations == nil {
		s.Annotations = map[string]string{}
	}
	maps.Copy(s.Annotations, p.Annotations)
}

// expires is when the first of the Secret's tokens expires; zero: none is alive.
func (p *Publication) expires(s *State, now Stamp) (first time.Time) {
	names := []string{""}
	if p.Kind == Docker {
		names = nil
		for _, l := range p.Logins {
			names = append(names, l.Part)
		}
	}
	for _, name := range names {
		t := s.part(name)
		if e := t.expires(); t.left(now) > 0 && (first.IsZero() || e.Before(first)) {
			first = e
		}
	}
	return first
}

// data is the Secret's content for a state; for an empty state, without a token.
func (p *Publication) data(s *State, now Stamp) map[string][]byte {
	access := s.Access
	token := []byte(access.Reveal())
	username := []byte(p.Username)
	switch p.Kind {
	case Docker:
		return map[string][]byte{corev1.DockerConfigJsonKey: p.dockerConfig(s, now)}
	case Token:
		if access.Empty() {
			return nil
		}
		return map[string][]byte{"token": token, "expires_at": []byte(p.expires(s, now).UTC().Format(time.RFC3339))}
	case ArgoCD:
		return map[string][]byte{"type": []byte("git"), "url": []byte(p.URL), "username": username, "password": token}
	case ArgoCDHelm:
		return map[string][]byte{
			"type": []byte("helm"), "enableOCI": []byte("true"), "url": []byte(p.URL), "username": username, "password": token,
		}
	}
	return map[string][]byte{corev1.BasicAuthUsernameKey: username, corev1.BasicAuthPasswordKey: token}
}

// dockerConfig is a docker config.json. An entry has only auth: programs that need username and password take them from it,
// and two copies could differ.
func (p *Publication) dockerConfig(s *State, now Stamp) []byte {
	type entry struct {
		Auth string `json:"auth"`
	}
	auths := map[string]entry{}
	for _, l := range p.Logins {
		if t := s.part(l.Part); t.left(now) > 0 {
			auths[l.Host] = entry{base64.StdEncoding.EncodeToString([]byte(l.Username + ":" + t.Access.Reveal()))}
		}
	}
	b, _ := json.Marshal(map[string]any{"auths": auths}) // strings alone: it can't fail
	return b
}
