package git

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// Our reading of a pattern is git's own.
func TestPatternsMatchAsInGit(t *testing.T) {
	git := need.Tool(t, "git")
	const target = "https://git.example.com:8443/team/a"
	place := whole(tooltest.Targets(t, target)[0].Target)
	for _, pattern := range []string{
		"https://git.example.com:8443", "https://git.example.com", "https://git.example.com:8443/team", "https://git.example.com:8443/team/",
		"https://git.example.com:8443/tea", "https://git.example.com:8443/team/a/b", "https://*.example.com:8443", "https://*.com:8443",
		"https://g*.example.com:8443", "http://git.example.com:8443", "https://ana@git.example.com:8443", "https://GIT.example.com:8443",
		"https://example.com:8443", "https://git.example.com:443", "https://git.example.com:08443", "https://git.example.com:8443/%74eam",
		"https://git.example.com:8443/./team/x/..", "https://git.example.com:8443/%2e%2E/team", "https://git.example.com:8443//team",
		"https://git.example.com:8443/team%2Fa", "https://git.example.com:8443/TEAM", "https://git.example.com:",
	} {
		file := filepath.Join(t.TempDir(), "config")
		if out, err := exec.Command(git, "config", "--file", file, "credential."+pattern+".helper", "x").CombinedOutput(); err != nil {
			t.Fatalf("%s: %s", pattern, out)
		}
		want := exec.Command(git, "config", "--file", file, "--get-urlmatch", "credential.helper", target).Run() == nil
		if got := place.matches(pattern); got != want {
			t.Errorf("matches(%q) = %v, git says %v", pattern, got, want)
		}
	}
	if !place.matches("") || !place.matches("git.example.com:8443") || !place.matches("https://") || place.matches("github.com") {
		t.Error("a pattern of a host or a scheme alone")
	}
}
