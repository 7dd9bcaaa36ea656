package tools

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
)

// A toolCase is one of the tools whose configuration is lines or TOML.
type toolCase struct {
	tool  string
	file  string            // below the home folder
	has   string            // what stands there when it is set up
	files map[string]string // files as people and tools write them
}

var toolCases = []toolCase{
	{"go", ".config/go/env", "GOAUTH=credential-idcs goauth", map[string]string{
		"other settings": "GOFLAGS=-mod=mod\nGOPRIVATE=git.example.com\n",
		"netrc":          "GOAUTH=netrc\n",
		"commands":       "GOAUTH=netrc; git /home/ana/src ;other cmd\nGOSUMDB=off\n",
		"twice":          "GOAUTH=off\nGOAUTH=git /x\n",
		"empty":          "GOAUTH=\nGOSUMDB=off\n",
		"unended":        "# a comment\nGOAUTH=git /x",
	}},
	{"cargo", ".cargo/config.toml", `"cargo-credential-idcs"`, map[string]string{
		"other tables":    "# mine\n[build]\njobs = 2 # few\n\n[registries.private]\nindex = \"sparse+https://git.example.com/index/\"\n",
		"a registry":      "[registry]\ndefault = \"private\"\n\n[net]\nretry = 3\n",
		"an empty one":    "[registry]\n",
		"an unended one":  "[registry]",
		"a late one":      "[net]\nretry=1\n[registry] # x\n\n# end\n",
		"providers":       "[registry]\nglobal-credential-providers = ['cargo:token', \"cargo:libsecret\"] # both\ndefault='a'\n",
		"many lines":      "[registry]\nglobal-credential-providers = [\n  \"cargo:token\",\n  \"cargo:libsecret\", # this first\n]\n",
		"no provider":     "[registry]\nglobal-credential-providers = []\n",
		"dotted":          "registry.global-credential-providers = [\"cargo:token\"]\n",
		"ours for one":    "[registries.private]\nindex = \"sparse+https://git.example.com/index/\"\ncredential-provider = [\"/x/credential-idcs\"]\n",
		"somebody else's": "[registries.other]\nindex = \"sparse+https://other.example.com/\"\ncredential-provider = \"cargo:libsecret\"\n",
	}},
	{"terraform", ".terraformrc", `credentials_helper "idcs" {}`, map[string]string{
		"settings": "plugin_cache_dir = \"/x\" # here\n/* credentials_helper \"no\" {} */\nprovider_installation {\n  direct { exclude = [\"a/*/*\"] }\n}\n",
		"any HCL":  "plugin_cache_dir = \"${x}\"\na = <<EOF\n} credentials_helper \"x\" {}\nEOF\nhost \"x\" { services = { \"a.v1\" = \"b\" } }\n",
		"a host":   "credentials \"other.example.com\" {\n  token = \"x}{\\\"\"\n}\n// end",
	}},
	{"tofu", ".tofurc", `credentials_helper "idcs" {}`, map[string]string{"settings": "plugin_cache_dir = \"/x\"\n"}},
	{"pip", ".config/pip/pip.conf", "keyring-provider = subprocess", map[string]string{
		"an index":       "[global]\nindex-url = https://ana@other.example.com/simple\n\n[install]\nno-index: true\n",
		"other sections": "# mine\n[install]\nfind-links =\n    https://a.example.com\n    https://b.example.com\n",
		"an empty one":   "[install]\nuser = no\n[global]\n",
		"an unended one": "[global]",
	}},
	{"pnpm", ".npmrc", "//git.example.com/:tokenHelper=", map[string]string{
		"a token":        "//registry.npmjs.org/:_authToken=SECRET\n; end\n",
		"another host's": "//other.example.com/:tokenHelper=/bin/other\n",
	}},
	{"bazel", ".bazelrc", "common --credential_helper=git.example.com=", map[string]string{
		"options":        "build --jobs=4 # few\ntest \\\n  --test_output=errors\n",
		"another host's": "common --credential_helper=other.example.com=/bin/other",
	}},
}

// everyFile adds what each tool's file may be.
func (c toolCase) everyFile() map[string]string {
	all := map[string]string{"missing": "", "an empty file": "", "a blank line": "\n", "a comment": "# mine", "a line of a comment": "# mine\n"}
	for name, content := range c.files {
		all[name] = content
		if c.tool != "go" { // there a CR belongs to the value
			all[name+", CRLF"] = strings.ReplaceAll(content, "\n", "\r\n")
		}
	}
	return all
}

func request(t *testing.T, urls ...string) tool.Request {
	return tool.Request{Profile: "work", Default: "work", Targets: tooltest.Targets(t, urls...)}
}

func plan(t *testing.T, h *tooltest.Home, name string, in tool.Request) (tool.Plan, error) {
	return Named(name).Plan(t.Context(), h.Env, in)
}

func undo(t *testing.T, h *tooltest.Home, name string, in tool.Request) (tool.Plan, error) {
	return Named(name).Undo(t.Context(), h.Env, in)
}
