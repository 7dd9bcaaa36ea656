//go:build linux

package fleet

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// everything is a table for each type, in the namespaces of a stage.
func everything(name string) string {
	s := &stage{name: name}
	return publishing(s.space("team-a"), "pull", "docker", `targets = ["https://registry.example.com:5000"]`) +
		publishing(s.space("team-a"), "git", "basic-auth", `labels = { "reconcile.fluxcd.io/watch" = "Enabled" }`) +
		publishing(s.space("team-b"), "token", "token", "") +
		publishing(s.space("argocd"), "git", "argocd", `targets = ["https://git.example.com"]`) +
		publishing(s.space("argocd"), "charts", "argocd-helm", `targets = ["https://registry.example.com:5000"]`)
}

func testManifests(t *testing.T, api *cluster.Server) {
	s := newStage(t, api, "manifests", idcstest.Options{}, "device", everything("manifests"))
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
	out := s.kubectl("", "-n", s.space(namespace), "get", "deployment", "credential-idcs-controller", "-o", "json")
	if err := json.Unmarshal([]byte(out), &deployment); err != nil {
		t.Fatal(err)
	}
	template := deployment.Spec.Template
	template.Metadata["name"] = "one"
	pod, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": template.Metadata, "spec": template.Spec})
	if err != nil {
		t.Fatal(err)
	}
	s.kubectl(string(pod), "-n", s.space(namespace), "create", "-f", "-")
	// The namespace does refuse what isn't restricted: the test can fail.
	delete(template.Spec, "securityContext")
	template.Metadata["name"] = "two"
	if pod, err = json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": template.Metadata, "spec": template.Spec}); err != nil {
		t.Fatal(err)
	}
	if out, err := s.tryKubectl(string(pod), "-n", s.space(namespace), "create", "-f", "-"); err == nil || !strings.Contains(out, `violates PodSecurity "restricted`) {
		t.Errorf("a pod without a security context: %v\n%s", err, out)
	}
}

// Created again, the Secrets stay as they are.
func (s *stage) createdOnce(t *testing.T) {
	s.kubectl("", "-n", s.space("team-a"), "patch", "secret", "pull", "-p", `{"stringData": {".dockerconfigjson": "{\"auths\":{\"a\":{}}}"}}`)
	out, err := s.tryKubectl(s.secrets(), "create", "-f", "-")
	if err == nil || strings.Count(out, "AlreadyExists") != 6 {
		t.Errorf("created twice: %v\n%s", err, out)
	}
	if got := s.kubectl("", "-n", s.space("team-a"), "get", "secret", "pull", "-o", "jsonpath={.data}"); !strings.Contains(got, "eyJhdXRocyI6eyJhIjp7fX19") {
		t.Errorf("creating again changed it: %s", got)
	}
}

// The account may do exactly what it needs, by name, and nothing else.
func (s *stage) rights(t *testing.T) {
	as := "--as=system:serviceaccount:" + s.space(namespace) + ":credential-idcs-controller"
	for _, ns := range []string{namespace, "team-a", "team-b", "argocd", "default"} {
		space := s.space(ns)
		if ns == "default" {
			space = ns
		}
		got := s.kubectl("", as, "auth", "can-i", "--list", "-n", space)
		golden(t, "rights-"+ns+".txt", got)
	}
	team, own := " -n "+s.space("team-a"), " -n "+s.space(namespace)
	if out, err := s.tryKubectl("", append([]string{as, "auth", "can-i"}, strings.Fields("get secrets/pull"+team)...)...); err != nil {
		t.Fatalf("it may not even get what it publishes: %s", out)
	}
	for _, words := range []string{
		"get secrets/other" + team, "update secrets/other" + team, "list secrets" + team, "watch secrets" + team,
		"create secrets" + team, "delete secrets/pull" + team, "patch secrets/pull" + team,
		"list secrets" + own, "create secrets" + own, "get secrets/credential-idcs-files" + own,
		"update leases/other" + own, "delete leases/credential-idcs-controller" + own, "list secrets -A",
		"create serviceaccounts/credential-idcs-controller --subresource=token" + own,
	} {
		out, err := s.tryKubectl("", append([]string{as, "auth", "can-i"}, strings.Fields(words)...)...)
		if err == nil || !strings.Contains(out, "no") {
			t.Errorf("it may %s: %s", words, out)
		}
	}
}
