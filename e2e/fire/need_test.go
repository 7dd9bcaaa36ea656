//go:build linux

package fire

import (
	"os"
	"os/exec"
	"testing"
)

func need(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI=true and %s is missing: %v", name, err)
		}
		t.Skipf("%s is missing: %v", name, err)
	}
}
