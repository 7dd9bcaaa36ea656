package tools

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/google/go-cmp/cmp"
)

// What somebody else has set for the same is refused, and replaced if the person says so.
func TestToolsRefuseWhatIsNotOurs(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	for _, c := range []struct {
		tool, file, before, message string
		after                       string // with --overwrite
	}{
		{"go", ".config/go/env", "GOAUTH=off\n", "GOAUTH=off, which allows no other command", "GOAUTH=credential-idcs goauth\n"},
		{
			"cargo", ".cargo/config.toml",
			"[registries.private]\nindex = \"sparse+https://git.example.com/index/\"\ncredential-provider = [\"cargo:token\"] # x\n[registry]\nglobal-credential-providers = [\"cargo-credential-idcs\"]\n",
			"another credential-provider for registry private",
			"[registries.private]\nindex = \"sparse+https://git.example.com/index/\"\ncredential-provider = \"cargo-credential-idcs\" # x\n[registry]\nglobal-credential-providers = [\"cargo-credential-idcs\"]\n",
		},
		{"terraform", ".terraformrc", "CREDENTIALS_Helper \"other\" {\n  args = [\"x\"]\n}\n# end\n", "another credentials_helper: other", "credentials_helper \"idcs\" {}\n# end\n"},
		{"pip", ".config/pip/pip.conf", "[global]\nKeyring_Provider: import\n", "another keyring-provider: import", "[global]\n# written by credential-idcs configure pip\nkeyring-provider = subprocess\n"},
		{"pnpm", ".npmrc", "//git.example.com/:tokenHelper = /bin/other\n", "another token helper for git.example.com: /bin/other", "//git.example.com/:tokenHelper=BIN/pnpm-token-idcs\n"},
		{"bazel", ".bazelrc", "build --credential_helper git.example.com=/bin/other # x\n", "another credential helper for git.example.com: /bin/other", "build --credential_helper git.example.com=BIN/bazel-credential-idcs # x\n"},
	} {
		h := tooltest.New(t)
		h.Write(c.file, c.before)
		in := request(t, "https://git.example.com")
		_, err := plan(t, h, c.tool, in)
		if err == nil || !strings.Contains(err.Error(), c.message) || !strings.Contains(err.Error(), "credential-idcs configure "+c.tool+" --overwrite --profile work") {
			t.Errorf("%s: got %v", c.tool, err)
		}
		in.Overwrite = true
		p, err := plan(t, h, c.tool, in)
		tooltest.Must(t, p, err)
		if diff := cmp.Diff(strings.ReplaceAll(c.after, "BIN", h.Path("bin")), h.Read(c.file)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.tool, diff)
		}
	}
}

// What can't be edited without guessing is refused, and what to paste printed where it is a fragment.
func TestToolsRefuseWhatTheyDoNotUnderstand(t *testing.T) {
	for _, c := range []struct{ tool, file, content string }{
		{"go", ".config/go/env", "GOAUTH=netrc;;git /x\n"},
		{"cargo", ".cargo/config.toml", "[registry\n"},
		{"cargo", ".cargo/config.toml", "registry = { default = 'a' }\n"},
		{"cargo", ".cargo/config.toml", "registry.default = 'a'\n"},
		{"cargo", ".cargo/config.toml", "[registry]\nglobal-credential-providers = 'x'\n"},
		{"cargo", ".cargo/config.toml", "[registry]\nglobal-credential-providers = ['x', 1]\n"},
		{"terraform", ".terraformrc", "{\"plugin_cache_dir\": \"/x\"}\n"},
		{"terraform", ".terraformrc", "a = <<EOF\nx\n"},
		{"terraform", ".terraformrc", "credentials_helper { a = 1 }\n"},
		{"terraform", ".terraformrc", "credentials_helper \"a\" {\n"},
		{"terraform", ".terraform.d/x.tfrc", "credentials_helper \"a\" {}\n"},
		{"tofu", ".terraform.d/x.tfrc.json", `{"credentials_helper": {"a": {}}}`},
		{"pip", ".config/pip/pip.conf", "keyring-provider = x\n"},
		{"pip", ".config/pip/pip.conf", "[global]\n[global]\n"},
		{"pip", ".config/pip/pip.conf", "[global]\nnothing\n"},
		{"pip", ".config/pip/pip.conf", "[global]\n  indented = 1\n"},
		{"pnpm", ".npmrc", "[section]\na = 1\n"},
		{"bazel", ".bazelrc", "build --jobs=4 \\\n"},
	} {
		h := tooltest.New(t)
		h.Write(c.file, c.content)
		if p, err := plan(t, h, c.tool, request(t, "https://git.example.com")); err == nil {
			t.Errorf("%s: %q was edited:\n%s", c.tool, c.content, p.Diff())
		}
	}
}
