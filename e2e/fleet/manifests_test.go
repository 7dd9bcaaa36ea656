//go:build linux

package fleet

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// everything is a table for each type.
var everything = publishing("team-a", "pull", "docker", `targets = ["https://registry.example.com:5000"]`) +
	publishing("team-a", "git", "basic-auth", `labels = { "reconcile.fluxcd.io/watch" = "Enabled" }`) +
	publishing("team-b", "token", "token", "") +
	publishing("argocd", "git", "argocd", `targets = ["https://git.example.com"]`) +
	publishing("argocd", "charts", "argocd-helm", `targets = ["https://registry.example.com:5000"]`)

func TestManifests(t *testing.T) {
	t.Parallel()
	s := newStage(t, idcstest.Options{}, "device", everything)
	s.install("team-a", "team-b", "argocd")
	t.Run("are applied again", func(t *testing.T) { s.apply() })
	t.Run("are restricted", s.restricted)
	t.Run("Secrets are created once", s.createdOnce)
	t.Run("rights", s.rights)
}

// The pods are what PodSecurity's "restricted" lets in.
func (s *stage) restricted(t *testing.T) {

	// There is no controller manager that would make a pod of the Deployment, so it is made here.
	var deployment struct {
		Spec struct {
			Template struct {
				Metadata map[string]any `json:"metadata"`
				Spec     map[string]any `json:"spec"`
			} `json:"template"`
		} `json:"spec"`
	}
	out := s.kubectl("", "-n", namespace, "get", "deployment", "credential-idcs-controller", "-o", "json")
	if err := json.Unmarshal([]byte(out), &deployment); err != nil {
		t.Fatal(err)
	}
	template := deployment.Spec.Template
	template.Metadata["name"] = "one"
	pod, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": template.Metadata, "spec": template.Spec})
	if err != nil {
		t.Fatal(err)
	}
	s.kubectl(string(pod), "-n", namespace, "create", "-f", "-")
	// The namespace does refuse what isn't restricted: the test can fail.
	delete(template.Spec, "securityContext")
	template.Metadata["name"] = "two"
	if pod, err = json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": template.Metadata, "spec": template.Spec}); err != nil {
		t.Fatal(err)
	}
	if out, err := s.tryKubectl(string(pod), "-n", namespace, "create", "-f", "-"); err == nil || !strings.Contains(out, `violates PodSecurity "restricted`) {
		t.Errorf("a pod without a security context: %v\n%s", err, out)
	}
}

// Created again, the Secrets stay as they are.
func (s *stage) createdOnce(t *testing.T) {
	s.kubectl("", "-n", "team-a", "patch", "secret", "pull", "-p", `{"stringData": {".dockerconfigjson": "{\"auths\":{\"a\":{}}}"}}`)
	out, err := s.tryKubectl(s.secrets(), "create", "-f", "-")
	if err == nil || strings.Count(out, "AlreadyExists") != 6 {
		t.Errorf("created twice: %v\n%s", err, out)
	}
	if got := s.kubectl("", "-n", "team-a", "get", "secret", "pull", "-o", "jsonpath={.data}"); !strings.Contains(got, "eyJhdXRocyI6eyJhIjp7fX19") {
		t.Errorf("creating again changed it: %s", got)
	}
}

// The account may do exactly what it needs, by name, and nothing else.
func (s *stage) rights(t *testing.T) {
	as := "--as=system:serviceaccount:" + namespace + ":credential-idcs-controller"
	for _, ns := range []string{namespace, "team-a", "team-b", "argocd", "default"} {
		got := s.kubectl("", as, "auth", "can-i", "--list", "-n", ns)
		golden(t, "rights-"+ns+".txt", got)
	}
	for _, words := range []string{
		"get secrets/other -n team-a", "update secrets/other -n team-a", "list secrets -n team-a", "watch secrets -n team-a",
		"create secrets -n team-a", "delete secrets/pull -n team-a", "patch secrets/pull -n team-a",
		"list secrets -n " + namespace, "create secrets -n " + namespace, "get secrets/credential-idcs-files -n " + namespace,
		"update leases/other -n " + namespace, "delete leases/credential-idcs-controller -n " + namespace, "list secrets -A",
		"create serviceaccounts/credential-idcs-controller --subresource=token -n " + namespace,
	} {
		out, err := s.tryKubectl("", append([]string{as, "auth", "can-i"}, strings.Fields(words)...)...)
		if err == nil || !strings.Contains(out, "no") {
			t.Errorf("it may %s: %s", words, out)
		}
	}
}
