// Package manifests says what a cluster needs to run the controller of one configuration: a namespace,
// rights, and a Deployment. It asks no cluster, so that what it prints can be read, kept and applied as
// often as one likes.
//
// The rights are exactly those of the configuration: get and update on Secrets by their names. Nothing
// may create, list, watch or delete one: create can't be bound to a name in RBAC, and with create and get
// of one name in every namespace a token of any ServiceAccount can be had. So the Secrets are made by
// whoever applies this, once.
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

// A Plan is what a configuration needs in a cluster.
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

// A File is one that the configuration names by a relative path. It comes from the Secret
// credential-idcs-files, which a person makes.
type File struct {
	Key  string // in the Secret
	Path string // below the configuration's folder
}

// head says what a reader of the output should know.
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

// printed is the objects as documents, without what only a server knows.
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

// digest names the configuration, so that a pod of another one is another pod.
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

// FilesCommand makes the Secret of the files, or is empty where the configuration names none. from is
// the folder that they lie in.
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
