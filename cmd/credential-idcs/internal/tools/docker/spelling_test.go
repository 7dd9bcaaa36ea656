package docker

import (
	"os"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/google/go-cmp/cmp"
)

// D20: configure and doctor have one reading of the file: whatever spelling a password is stored under, both
// name it.
func TestPasswordIsFoundUnderEverySpelling(t *testing.T) {
	for _, key := range []string{"reg.example.com", "REG.Example.com", "http://reg.example.com", "https://reg.example.com/v1/", "https://reg.example.com", "reg.example.com:443", "reg.example.com/team"} {
		for name, helper := range map[string]string{"set up": `"reg.example.com": "idcs"`, "not set up": ""} {
			h := tooltest.New(t)
			h.Write("bin/docker", "")
			if err := os.Chmod(h.Path("bin/docker"), 0o755); err != nil {
				t.Fatal(err)
			}
			h.Write(".docker/config.json", `{"credHelpers": {`+helper+`}, "auths": {"`+key+`": {"auth": "U0VDUkVU"}}}`)
			in := registriesOf(t, "https://reg.example.com")
			p, err := (Tool{}).Plan(t.Context(), h.Env, in)
			if err != nil || len(p.Notes) != 1 || !strings.Contains(p.Notes[0].Message, "still holds a password for reg.example.com") {
				t.Errorf("%s, %s: configure: %v, %+v", key, name, err, p.Notes)
			}
			if report := tooltest.Look(t, h, Tool{}, in.Targets); !strings.Contains(report, "password") || strings.Contains(report, "ok       docker uses") {
				t.Errorf("%s, %s: doctor:\n%s", key, name, report)
			}
		}
	}
}

// D17: Every key that means the target counts, and what no image's name is spelled like is never looked up.
func TestKeysAreSpelledAsImagesAre(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	h := tooltest.New(t)
	h.Write("bin/docker", "")
	if err := os.Chmod(h.Path("bin/docker"), 0o755); err != nil {
		t.Fatal(err)
	}
	in := registriesOf(t, "https://registry", "https://localhost", "https://reg.example.com", "https://other.example.com")
	in.Hosts = []string{"registry", "localhost", "reg.example.com:443"}
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if diff := cmp.Diff(addIdcs(map[string]any{}, "registry:443", "localhost", "reg.example.com:443"), decoded(t, h.Read(".docker/config.json"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	h.Write(".docker/config.json", `{"credHelpers": {"registry": "idcs", "https://reg.example.com/v1/": "idcs", "reg.example.com:443": "idcs", "old.example.com": "idcs", "x": "pass"}}`)
	in.Hosts = nil
	report := tooltest.Look(t, h, Tool{}, in.Targets)
	for _, want := range []string{
		"docker never looks up the key registry of credHelpers", "it must be registry:443", "never looks up the key https://reg.example.com/v1/",
		"ok       docker uses credential-idcs for reg.example.com:443\n",
		"still has credential-idcs for old.example.com, which is not a target for docker\n\tcredential-idcs unconfigure docker old.example.com\n",
	} {
		if !strings.Contains(report, want) {
			t.Errorf("no %q in\n%s", want, report)
		}
	}
	in.Hosts = []string{"reg.example.com"}
	p, err = (Tool{}).Undo(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if diff := cmp.Diff(map[string]any{"registry": "idcs", "old.example.com": "idcs", "x": "pass"}, decoded(t, h.Read(".docker/config.json"))["credHelpers"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	in.Hosts, in.Targets, in.All = nil, nil, true
	p, err = (Tool{}).Undo(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if got := h.Read(".docker/config.json"); strings.Contains(got, "idcs") || !strings.Contains(got, "pass") {
		t.Errorf("got %s", got)
	}
}
