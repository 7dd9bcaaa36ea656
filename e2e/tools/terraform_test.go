//go:build linux

package tools

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// Terraform and OpenTofu parse what configure has made of a person's file, and what configure refuses
// they refuse too: there may be one helper in all files.
func TestTerraformParsesWhatWasConfigured(t *testing.T) {
	const fault = "problems with the CLI configuration"
	for _, tool := range []string{"terraform", "tofu"} {
		for file, content := range map[string]string{
			"settings":        "plugin_cache_may_break_dependency_lock_file = true # here\n/* credentials_helper \"no\" {} */\n",
			"blocks":          "provider_installation {\n  direct {\n    exclude = [\"example.com/*/*\", \"a.example/}/*\"]\n  }\n}\n// end",
			"credentials":     "credentials \"other.example.com\" {\n  token = \"x}{\\\"\"\n}\r\n",
			"a quoted key":    "\"credentials\" \"other.example.com\" { token = \"a#b\" }\n",
			"another helper":  "credentials_helper \"other\" {\n  args = [\"--x\"]\n}\n",
			"one in the tfrc": "",
		} {
			t.Run(tool+" "+file, func(t *testing.T) {
				need.Tool(t, tool)
				m := machine.Home(t, program)
				m.Tools = append(m.Tools, "CHECKPOINT_DISABLE=1")
				m.Write("config.toml", "[profiles.work]\ndomain = \"https://domain.example.com\"\nclient_id = \"c\"\nlogin = \"device\"\nscope = \"s\"\ntargets = [\"https://git.example.com\"]\n")
				m.Put(".terraformrc", content)
				options := []string{"credential-idcs", "configure", tool}
				switch file {
				case "another helper":
					if said, err := m.Try(options...); err == nil {
						t.Errorf("another helper was replaced: %s", said)
					}
					options = append(options, "--overwrite")
				case "one in the tfrc":
					m.Put(".terraform.d/x.tfrc", "credentials_helper \"other\" {}\n")
					if said, err := m.Try(options...); err == nil || !strings.Contains(said, "/.terraform.d/x.tfrc has a credentials_helper too") {
						t.Errorf("%v, %s", err, said)
					}
					m.Put(".terraformrc", "credentials_helper \"idcs\" {}\n")
					if said, err := m.Try(tool, "version"); err == nil && !strings.Contains(said, "No more than one credentials_helper") {
						t.Errorf("%s takes two: %s", tool, said)
					}
					return
				}
				m.Works(options...)
				if said := m.Works(tool, "version"); strings.Contains(said, fault) {
					t.Errorf("%s", said)
				}
			})
		}
	}
}
