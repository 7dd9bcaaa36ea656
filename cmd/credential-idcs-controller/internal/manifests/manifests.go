// Package manifests prints what a cluster needs to run the controller with one configuration: a namespace, rights, and a
// Deployment. It reads nothing from a cluster, so the same configuration always gives the same output.
//
// The rights are only those that the configuration needs: get and update of Secrets by name. The controller can't create,
// list, watch or delete Secrets. RBAC can't limit create to a name, and who may create a Secret and get it can have a token
// of any ServiceAccount. So the person who applies the output creates the Secrets, once.
package manifests

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/credential-idcs/credential-idcs/fleet"
)

// Name is that of every object but the Secrets.
const Name = "credential-idcs-controller"

const (
	filesSecret = "credential-idcs-files"
	user        = int64(65532) // distroless' nonroot
)

// Folder is where the pods have the configuration and its files.
const Folder = "/etc/credential-idcs"

// A Plan is the input: a configuration and how to run it.
type Plan struct {
	Namespace    string
	Image        string
	Replicas     int32
	Port         int32 // of metrics and probes; 0: none
	Egress       []int32
	Metadata     bool   // of an instance of Oracle's cloud, which its pods ask
	Config       []byte // config.toml as it is
	Files        []File // that it names
	Publications []fleet.Publication
}

// A File is a file that the configuration names by a relative path. It comes from the Secret credential-idcs-files, which
// a person creates.
type File struct {
	Key  string // in the Secret
	Path string // below the configuration's folder
}

// head is the comment above the output.
const head = `# Made by "credential-idcs-controller manifests". Apply it as often as you like:
#   kubectl apply --server-side --force-conflicts -f -
# The Secrets are not in here, see "credential-idcs-controller manifests --secrets".
#
# Secrets named credential-idcs-state-* hold refresh tokens. Without encryption at rest they lie in etcd,
# and in each backup of it, as they are:
# https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/
`

// Print is everything but the Secrets, YAML.
func (p *Plan) Print() ([]byte, error) {
	objects := []runtime.Object{
		p.namespace(), p.account(), p.role(), p.binding(p.Namespace, Name),
	}
	for _, namespace := range p.namespaces() {
		objects = append(objects, p.publishing(namespace), p.binding(namespace, publishing))
	}
	objects = append(objects, p.config(), p.deployment(), p.budget(), p.network())
	return printed(head, objects)
}

// secretsHead is the head of the Secrets.
const secretsHead = `# Made by "credential-idcs-controller manifests --secrets", to be created and never applied:
#   kubectl create -f -
# What is there already is left alone. Applied again, it would empty the Secrets until the next look.
`

// PrintSecrets is the Secrets, state and published, empty.
func (p *Plan) PrintSecrets() ([]byte, error) {
	var objects []runtime.Object
	for _, profile := range p.profiles() {
		objects = append(objects, fleet.EmptyState(p.Namespace, profile))
	}
	for i := range p.Publications {
		objects = append(objects, p.Publications[i].Empty())
	}
	return printed(secretsHead, objects)
}

// printed is the objects as YAML documents, without the fields that a server sets.
func printed(head string, objects []runtime.Object) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(head)
	for _, o := range objects {
		m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
		if err != nil {
			return nil, err
		}
		delete(m, "status")
		if spec, ok := m["spec"].(map[string]any); ok { // what the types write though it is empty
			if len(spec) == 0 {
				delete(m, "spec")
			}
			delete(spec, "strategy")
		}
		out, err := yaml.Marshal(m)
		if err != nil {
			return nil, err
		}
		b.WriteString("---\n")
		b.Write(out)
	}
	return b.Bytes(), nil
}

func (p *Plan) profiles() []string {
	names := map[string]bool{}
	for _, pub := range p.Publications {
		names[pub.Profile] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// namespaces are those that Secrets are published in.
func (p *Plan) namespaces() []string {
	names := map[string]bool{}
	for _, pub := range p.Publications {
		names[pub.Namespace] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// digest identifies the configuration: when it changes, the pods are replaced.
func (p *Plan) digest() string {
	sum := sha256.Sum256(p.Config)
	return hex.EncodeToString(sum[:8])
}

func labels() map[string]string { return map[string]string{"app.kubernetes.io/name": Name} }

func meta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels()}
}

func kind(group, kind string) metav1.TypeMeta { return metav1.TypeMeta{APIVersion: group, Kind: kind} }

func (p *Plan) namespace() *corev1.Namespace {
	m := meta("", p.Namespace)
	m.Labels["pod-security.kubernetes.io/enforce"] = "restricted"
	return &corev1.Namespace{TypeMeta: kind("v1", "Namespace"), ObjectMeta: m}
}

func (p *Plan) config() *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta: kind("v1", "ConfigMap"), ObjectMeta: meta(p.Namespace, Name),
		Data: map[string]string{"config.toml": string(p.Config)},
	}
}

// FilesCommand is the command that creates the Secret of the files; empty: the configuration names none. from is their
// folder.
func (p *Plan) FilesCommand(quote func(string) string, from func(path string) string) string {
	if len(p.Files) == 0 {
		return ""
	}
	s := fmt.Sprintf("kubectl -n %s create secret generic %s", p.Namespace, filesSecret)
	for _, f := range p.Files {
		s += " " + quote("--from-file="+f.Key+"="+from(f.Path))
	}
	return s
}
