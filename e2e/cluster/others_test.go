//go:build linux

package cluster_test

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// Another program of client-go's, with the same kubeconfig: each command finds the token expired, and
// makes many requests.
func helm(t *testing.T, w *world) {
	helm := need.Tool(t, "helm")
	p := w.person(t)
	p.Put("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n")
	p.Put("chart/templates/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: of-helm}\n")
	for _, words := range [][]string{{"install", "release", "chart"}, {"list"}, {"uninstall", "release"}} {
		p.Expire()
		p.refreshes(1, func() { p.Works(append([]string{helm}, words...)...) })
	}
	p.Chain()
}

// The name kubectl-idcs on PATH makes the program a command of kubectl's, for people.
func plugin(t *testing.T, w *world) {
	p := w.person(t)
	for _, kubectl := range kubectls {
		if said := p.Works(kubectl, "idcs", "status", "work"); !strings.Contains(said, "fresh") {
			t.Errorf("%s idcs status: %s", kubectl, said)
		}
		if said := p.Works(kubectl, "plugin", "list"); !strings.Contains(said, "kubectl-idcs\n") || strings.Contains(said, "warning: kubectl-idcs") {
			t.Errorf("%s plugin list: %s", kubectl, said)
		}
	}
}
