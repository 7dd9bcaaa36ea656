package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// What is linked is initialised on every start, whatever runs: a helper that git starts twice for
// each command pays for it each time. And what isn't linked can't be abused.
func TestNothingIsLinkedThatShouldNotBe(t *testing.T) {
	t.Parallel()
	banned := map[string]string{
		"k8s.io/":           "costs 0.7 to 1.3 ms on every call; the kubectl helper declares its few wire fields itself",
		"sigs.k8s.io/":      "as k8s.io",
		"testing":           "belongs to tests",
		"net/http/httptest": "belongs to tests",
		"github.com/credential-idcs/credential-idcs/idcs/idcstest":       "belongs to tests and the demo",
		"github.com/credential-idcs/credential-idcs/internal/helpertest": "belongs to tests",
		"github.com/credential-idcs/credential-idcs/e2e":                 "belongs to tests and the demo",
		"golang.org/x/oauth2":                              "may send a one-time refresh token twice, and reads a missing expires_in as never",
		"github.com/spf13/cobra":                           "half a millisecond at start-up for what package flag does",
		"gopkg.in/yaml":                                    "go.yaml.in/yaml/v3 is linked, which is kept up",
		"go.yaml.in/yaml":                                  "one YAML library is enough, v3",
		"github.com/google/go-cmp":                         "belongs to tests",
		"github.com/rogpeppe/":                             "belongs to tests",
		"net/http/cgi":                                     "belongs to the demo's git server",
		"plugin":                                           "code from files",
		"github.com/pelletier/go-toml/v2":                  "decoding by reflection costs a millisecond a call; its parser alone is used",
		"github.com/google/go-containerregistry":           "belongs to tests",
		"github.com/prometheus/":                           "belongs to the controller",
		"github.com/credential-idcs/credential-idcs/fleet": "belongs to the controller",
		"github.com/docker":                                "docker's own client belongs to tests; its protocol is a few lines",
		"net/http/pprof":                                   "a way into a process full of secrets",
	}
	allowed := map[string]bool{ // below a banned path
		"go.yaml.in/yaml/v3":                                    true, // for kubeconfigs: anchors, flow style, JSON
		"github.com/pelletier/go-toml/v2/unstable":              true,
		"github.com/pelletier/go-toml/v2/internal/parserbridge": true,
	}
	var linked []string
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.Command(need.Tool(t, "go"), "list", "-deps", ".")
		cmd.Env = append(cmd.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		linked = append(linked, strings.Fields(string(out))...)
	}
	slices.Sort(linked)
	for _, pkg := range slices.Compact(linked) {
		if allowed[pkg] {
			continue
		}
		for prefix, reason := range banned {
			if pkg == strings.TrimSuffix(prefix, "/") || strings.HasPrefix(pkg, strings.TrimSuffix(prefix, "/")+"/") || strings.HasSuffix(prefix, "yaml") && strings.HasPrefix(pkg, prefix) {
				t.Errorf("%s is linked: %s", pkg, reason)
			}
		}
	}
}

// The leaves know nothing of each other; only this command knows all three.
func TestLeavesDoNotImportEachOther(t *testing.T) {
	t.Parallel()
	const root = "github.com/credential-idcs/credential-idcs/"
	leaves := map[string][]string{
		"internal/wire/...": {"cache", "idcs", "helpers", "oci", "fleet", "cmd"},
		"cache/...":         {"idcs", "helpers", "oci", "fleet", "cmd"},
		"idcs/...":          {"cache", "helpers", "oci", "fleet", "cmd"},
		"helpers/...":       {"cache", "idcs", "oci", "fleet", "cmd"},
		"fleet":             {"idcs", "helpers", "oci", "internal/config", "cmd"},   // of cache it shares the arithmetic alone, see below
		"oci":               {"cache", "idcs", "helpers", "internal/config", "cmd"}, // its double shares idcstest's CA
	}
	for leaf, others := range leaves {
		out, err := exec.Command(need.Tool(t, "go"), "list", "-deps", root+leaf).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, pkg := range strings.Fields(string(out)) {
			for _, other := range others {
				if p, ok := strings.CutPrefix(pkg, root); ok && (p == other || strings.HasPrefix(p, other+"/")) {
					t.Errorf("%s imports %s", leaf, pkg)
				}
			}
		}
	}
	for pkg, net := range map[string]string{"cache": "net/http", "oci/ident": "net", "fleet": root + "cache"} {
		out, err := exec.Command(need.Tool(t, "go"), "list", "-deps", root+pkg).Output()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains("\n"+string(out), "\n"+net+"\n") {
			t.Errorf("%s imports %s", pkg, net)
		}
	}
}

// A call is answered from the cache without what the network needs: package call gets that as a function.
func TestACallLinksNoNetwork(t *testing.T) {
	t.Parallel()
	banned := map[string]string{
		"net":         "only a refresh asks the domain",
		"net/http":    "only a refresh asks the domain",
		"crypto/tls":  "only a refresh asks the domain",
		"crypto/x509": "only a refresh asks the domain",
		"os/exec":     "no cached answer starts a program",
		// Initialised late, and call with them: behind what only commands and refreshes need.
		"net/netip":     "Go initialises it behind regexp and YAML",
		"regexp":        "Go initialises it behind YAML",
		"runtime/debug": "Go initialises it behind YAML",
	}
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.Command(need.Tool(t, "go"), "list", "-deps", "./internal/call")
		cmd.Env = append(cmd.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, pkg := range strings.Fields(string(out)) {
			if system == "windows" && (pkg == "net" || pkg == "net/netip") {
				continue // golang.org/x/sys/windows imports it
			}
			if reason := banned[pkg]; reason != "" {
				t.Errorf("%s: call links %s: %s", system, pkg, reason)
			}
		}
	}
}
