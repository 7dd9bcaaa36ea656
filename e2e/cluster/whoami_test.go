//go:build linux

package cluster_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

// A domain's keys are closed at first, and then no API server can check a token: "Configure client
// access" in the domain's settings opens them. The API server needs no restart.
func keysAreOpened(t *testing.T, w *world) {
	p := w.person(t)
	said, err := p.whoami("kubectl")
	p.reads(said, err, "Unauthorized")
	w.domain.ConfigureClientAccess(true)
	p.isAna("kubectl")
}

func accessToken(t *testing.T, w *world) {
	p := w.person(t)
	for _, kubectl := range kubectls {
		p.refreshes(0, func() { p.isAna(kubectl) })
	}
}

// withID is a profile whose kubectl gets the ID token.
func withID(p *machine.Profile) {
	p.Scope, p.More = "openid "+cmp.Or(p.Scope, machine.Scope), "token = \"id\"\n"
}

// With token = "id" another document is printed, for another audience. An API server takes what it was
// set up for, and nothing else; one kubeconfig serves both kinds, by the cluster's extension.
func idToken(t *testing.T, w *world) {
	p := w.employ(t, machine.Alone, w.ids.URL, withID)
	for _, kubectl := range kubectls {
		p.isAna(kubectl)
	}

	p.Profile.More = ""
	p.Configure()
	said, err := p.whoami("kubectl")
	p.reads(said, err, "Unauthorized") // the access token

	p.Put(".kube/config", strings.Replace(p.kubeconfig(), "  cluster:\n", `  cluster:
    extensions:
    - name: client.authentication.k8s.io/exec
      extension:
        token: id
`, 1))
	for _, kubectl := range kubectls {
		p.isAna(kubectl)
	}
}

func roles(t *testing.T, w *world) {
	p := w.person(t)
	w.api.Create("/api/v1/namespaces", `{"metadata": {"name": "closed"}}`)
	list := []string{"kubectl", "get", "configmaps", "--namespace", "closed"}
	said, err := p.Try(list...)
	p.reads(said, err, "Forbidden", `User "`+user+`" cannot list`)
	w.grant("closed")
	p.Works(list...)
}

// interactiveMode Never leaves stdin alone, also while the helper refreshes.
func stdin(t *testing.T, w *world) {
	p := w.person(t)
	for _, kubectl := range kubectls {
		p.Put("object.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "+kubectl+"}\ndata: {from: stdin}\n")
		p.Expire()
		p.refreshes(1, func() { p.Works("sh", "-c", kubectl+" apply -f - <object.yaml") })
		if got := p.Works(kubectl, "get", "configmap", kubectl, "-o", "jsonpath={.data.from}"); got != "stdin" {
			t.Errorf("%s applied %q", kubectl, got)
		}
	}
}

func versions(t *testing.T, w *world) {
	p := w.person(t)
	for _, version := range []string{"v1beta1", "v1"} {
		p.Works("kubectl", "config", "set-credentials", "idcs-work", "--exec-api-version=client.authentication.k8s.io/"+version)
		for _, kubectl := range kubectls {
			p.isAna(kubectl)
		}
	}
	p.Works("kubectl", "config", "set-credentials", "idcs-work", "--exec-api-version=client.authentication.k8s.io/v1alpha1")
	said, err := p.whoami("kubectl")
	p.reads(said, err, "v1alpha1")
}
