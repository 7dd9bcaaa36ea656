package oracle

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

//go:embed package-lock.json
var lock []byte

// Oracle's TypeScript client signs in ways of its own, x-date among them: a third reading of the rules,
// which the double takes as well.
func TestTypeScriptClient(t *testing.T) {
	t.Setenv("HOME", home) // below it lies what npm has fetched
	modules := need.Modules(t, "oracle", lock, "oci-common")
	h, err := server.WriteAPIKey(t.TempDir(), "npm")
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(h.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	pem, _, _ := strings.Cut(string(key), "OCI_API_KEY")
	script, err := filepath.Abs("sign.js")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), need.Tool(t, "node"), script, server.Tenancy, ocitest.User, h.Fingerprint)
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	cmd.Stdin = strings.NewReader(pem)
	var problem strings.Builder
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &problem)
	}
	var signed [][][2]string
	if err := json.Unmarshal(out, &signed); err != nil || len(signed) != 2 {
		t.Fatalf("%v: %s", err, out)
	}
	for i, r := range []ocitest.Signed{
		{Method: http.MethodGet},
		{Method: http.MethodPost, Body: []byte(`{"a":"b"}`)},
	} {
		r.Target, r.Host, r.Header = "/20180419/docker/token?a=b%20c", "iad.ocir.io", http.Header{}
		for _, pair := range signed[i] {
			r.Header.Add(pair[0], pair[1])
		}
		if r.Method == http.MethodPost { // as fetch sends it, whoever signs
			r.Header.Set("Content-Length", strconv.Itoa(len(r.Body)))
		}
		caller, err := server.Verify(r)
		if err != nil || caller.Subject != ocitest.User {
			t.Errorf("%s: %+v, %v", r.Method, caller, err)
		}
		if !strings.Contains(r.Header.Get("Authorization"), "x-date") {
			t.Errorf("%s: it doesn't sign x-date any more", r.Method)
		}
	}
}
