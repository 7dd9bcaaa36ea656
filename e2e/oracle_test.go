package e2e

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// Oracle's own SDK judges package oci: its signer, its providers, its registry client. It is a module
// of its own, so that the SDK is never linked; where it can't be downloaded, that is said.
func TestOracleSDKAgrees(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	download := exec.CommandContext(ctx, need.Tool(t, "go"), "mod", "download")
	download.Dir = "oracle"
	if out, err := download.CombinedOutput(); err != nil {
		t.Logf("go mod download: %v\n%s", err, out)
		need.Missing(t, "github.com/oracle/oci-go-sdk/v65 (the module proxy)")
	}
	test := exec.CommandContext(ctx, "go", "test", "./...")
	test.Dir = "oracle"
	if out, err := test.CombinedOutput(); err != nil {
		t.Errorf("go test in e2e/oracle: %v\n%s", err, out)
	}
}
