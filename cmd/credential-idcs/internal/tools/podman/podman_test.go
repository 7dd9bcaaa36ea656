package podman

import (
	"os"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/google/go-cmp/cmp"
)

func registriesOf(t *testing.T, urls ...string) tool.Request {
	return tool.Request{Profile: "work", Targets: tooltest.Targets(t, urls...)}
}

func TestPodmanFindsItsFile(t *testing.T) {
	for name, c := range map[string]struct {
		vars []string
		want string
	}{
		"default":            {nil, ".config/containers/auth.json"},
		"XDG":                {[]string{"XDG_CONFIG_HOME=HOME/x"}, "x/containers/auth.json"},
		"REGISTRY_AUTH_FILE": {[]string{"XDG_CONFIG_HOME=HOME/x", "REGISTRY_AUTH_FILE=HOME/a.json"}, "a.json"},
		"not the runtime's":  {[]string{"XDG_RUNTIME_DIR=HOME/run"}, ".config/containers/auth.json"},
	} {
		t.Run(name, func(t *testing.T) {
			h := tooltest.New(t)
			for _, v := range c.vars {
				h.Env.Vars = append(h.Env.Vars, strings.ReplaceAll(v, "HOME/", h.Dir+"/"))
			}
			in := registriesOf(t, "https://reg.example.com")
			p, err := (Tool{}).Plan(t.Context(), h.Env, in)
			tooltest.Must(t, p, err)
			if got, want := h.Read(c.want), "{\n\t\"credHelpers\": {\n\t\t\"reg.example.com\": \"idcs\"\n\t}\n}\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			p, err = (Tool{}).Undo(t.Context(), h.Env, in)
			tooltest.Must(t, p, err)
			if edit.Exists(h.Path(c.want)) {
				t.Error("undo left the file")
			}
		})
	}
}

func TestPodmanTellsOfTheFileThatComesFirst(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	h := tooltest.New(t)
	h.Env.Vars = append(h.Env.Vars, "XDG_RUNTIME_DIR="+h.Path("run"))
	h.Write("run/containers/auth.json", `{"auths":{"reg.example.com":{"auth":"x"}},"credHelpers":{"b.example.com":"other"}}`)
	p, err := (Tool{}).Plan(t.Context(), h.Env, registriesOf(t, "https://reg.example.com", "https://b.example.com"))
	tooltest.Must(t, p, err)
	var got []string
	for _, n := range p.Notes {
		got = append(got, strings.ReplaceAll(n.Lines(), h.Dir, "HOME"))
	}
	if diff := cmp.Diff([]string{
		"credential-idcs: HOME/run/containers/auth.json comes first and holds a password for reg.example.com\n\tpodman logout --authfile HOME/run/containers/auth.json reg.example.com\n",
		"credential-idcs: HOME/run/containers/auth.json comes first and has another helper for b.example.com\n" +
			"\tREGISTRY_AUTH_FILE=HOME/run/containers/auth.json credential-idcs configure podman --overwrite b.example.com\n",
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What podman's configuration of registries says counts as well: whether auth.json is read at all, and
// whether anybody looks at a registry's certificate.
func TestPodmanReadsRegistriesConf(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	h := tooltest.New(t)
	h.Write("bin/podman", "")
	if err := os.Chmod(h.Path("bin/podman"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.Env.Vars = append(h.Env.Vars, "XDG_RUNTIME_DIR="+h.Path("run"))
	in := registriesOf(t, "https://reg.example.com", "https://b.example.com", "https://c.example.com")
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	h.Write(".config/containers/registries.conf", "credential-helpers = [\"secretservice\"]\n[[registry]]\nlocation = \"reg.example.com/team\"\ninsecure = true\n[[registry]]\nprefix = \"b.example.com\"\n")
	h.Write(".config/containers/registries.conf.d/x.conf", "[[registry]]\nprefix = \"*.c.example.com\"\ninsecure = true\n")
	report := tooltest.Look(t, h, Tool{}, in.Targets)
	for _, want := range []string{
		"error    podman doesn't read the helpers of its auth.json: credential-helpers in HOME/.config/containers/registries.conf doesn't list containers-auth.json",
		"warning  podman doesn't check who answers at reg.example.com (insecure in HOME/.config/containers/registries.conf), so anybody may get the token",
	} {
		if !strings.Contains(report, want) {
			t.Errorf("no %q in\n%s", want, report)
		}
	}
	if strings.Contains(report, "at b.example.com") || strings.Contains(report, "at c.example.com") {
		t.Errorf("got\n%s", report)
	}
	h.Write(".config/containers/auth.json", "{\"auths\": {}, \"credHelpers\": {}}")
	if report := tooltest.Look(t, h, Tool{}, in.Targets); !strings.Contains(report, "`podman logout --all` removes all helpers") {
		t.Errorf("got\n%s", report)
	}
}
