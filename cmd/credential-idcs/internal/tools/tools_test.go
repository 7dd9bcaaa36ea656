package tools

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/google/go-cmp/cmp"
)

func TestToolsTwiceIsOnceAndUndoGivesTheBytesBack(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	for _, c := range toolCases {
		for name, before := range c.everyFile() {
			t.Run(c.tool+" "+name, func(t *testing.T) {
				h := tooltest.New(t)
				if name != "missing" {
					h.Write(c.file, before)
				}
				in := request(t, "https://git.example.com", "https://npm.example.com:8443/team")
				p, err := plan(t, h, c.tool, in)
				tooltest.Must(t, p, err)
				once := h.Read(c.file)
				if !strings.Contains(once, c.has) || !grown(once, before) {
					t.Errorf("set up:\n%s\nbefore:\n%s", once, before)
				}
				if p, err = plan(t, h, c.tool, in); err != nil || len(p.Changes) != 0 {
					t.Errorf("second time: %v\n%s", err, p.Diff())
				}
				p, err = undo(t, h, c.tool, in)
				tooltest.Must(t, p, err)
				if name == "missing" {
					if _, err := os.Lstat(h.Path(c.file)); err == nil {
						t.Errorf("undone, it is still there: %q", h.Read(c.file))
					}
				} else if diff := cmp.Diff(before, h.Read(c.file)); diff != "" {
					t.Errorf("undone (-before +after):\n%s\nfrom %q", diff, once)
				}
				if p, err = undo(t, h, c.tool, in); err != nil || len(p.Changes) != 0 {
					t.Errorf("undone twice: %v\n%s", err, p.Diff())
				}
				if left := links(h); len(left) > 0 {
					t.Errorf("left: %q", left)
				}
			})
		}
	}
}

// grown reports whether a text holds all of another, in its order.
func grown(text, old string) bool {
	for i := range len(old) {
		at := strings.IndexByte(text, old[i])
		if at < 0 {
			return false
		}
		text = text[at+1:]
	}
	return true
}

// A setting that would prevent the use of a token is named, with the command that removes it.
func TestToolsNoteWhatStandsInTheWay(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	for _, c := range []struct {
		tool, variable, file, content string
		message, command              string
	}{
		{tool: "go", variable: "GOAUTH=netrc", message: "the variable GOAUTH is set", command: "unset GOAUTH"},
		{tool: "go", file: "VERSION", content: "go1.19.8\ntime 2023-03-30T19:56:53Z\n", message: "go1.19.8 does not know GOAUTH: Go 1.24 does"},
		{
			tool: "cargo", variable: "CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS=cargo:token",
			message: "the variable CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS is set", command: "unset CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS",
		},
		{tool: "terraform", variable: "TF_TOKEN_git__x_example_com=SECRET", message: "the variable TF_TOKEN_git__x_example_com is set", command: "unset TF_TOKEN_git__x_example_com"},
		{tool: "terraform", file: ".terraform.d/credentials.tfrc.json", content: `{"credentials":{"git-x.example.com":{"token":"SECRET"}}}`, message: "a token for git-x.example.com is stored", command: "terraform logout git-x.example.com"},
		{tool: "terraform", file: ".terraformrc", content: "credentials \"git-x.example.com\" { token = \"SECRET\" }\n", message: "the file has credentials of its own for git-x.example.com"},
		{tool: "tofu", message: "https://a.example.com/path is left out: tofu names registries by host only"},
		{tool: "pip", variable: "PIP_KEYRING_PROVIDER=import", message: "the variable PIP_KEYRING_PROVIDER is set", command: "unset PIP_KEYRING_PROVIDER"},
		{
			tool: "pip", file: ".config/pip/pip.conf", content: "[global]\nindex-url = https://git-x.example.com/simple\n",
			message: "pip uses credential-idcs for https://git-x.example.com only if the address has the user name ana",
			command: "pip config set global.index-url https://ana@git-x.example.com/simple",
		},
		{
			tool: "pip", file: ".config/pip/pip.conf", content: "[global]\nextra-index-url =\n  https://git-x.example.com/a\n  https://b.example.com/\n",
			message: "pip uses credential-idcs for https://git-x.example.com only if", command: "pip config edit",
		},
		{
			tool: "pip", file: ".config/pip/pip.conf", content: "[a;\x1bb]\nkeyring-provider = import\n",
			message: "for pip a;?b alone", command: "pip config unset 'a;?b.keyring-provider'",
		},
		{
			tool: "pip", file: ".config/pip/pip.conf", content: "[install]\nkeyring-provider = disabled\n",
			message: "sets another keyring-provider for pip install alone", command: "pip config unset install.keyring-provider",
		},
		{tool: "pip", message: "pip finds us by the name keyring on PATH", command: `export PATH="$PATH":HOME/.local/share/credential-idcs/keyring`},
		{tool: "pip", file: "bin/keyring", content: "#!/bin/sh\n", message: "where HOME/bin/keyring comes first", command: `alias pip='PATH=HOME/.local/share/credential-idcs/keyring:"$PATH" pip'`},
		{tool: "pnpm", variable: "CREDENTIAL_IDCS_PROFILE=home", message: "the variable CREDENTIAL_IDCS_PROFILE is set", command: "unset CREDENTIAL_IDCS_PROFILE"},
		{tool: "go", variable: "GOINSECURE=*.example.com/x,b", message: "go doesn't check who answers at git-x.example.com (GOINSECURE in the variable GOINSECURE)", command: "unset GOINSECURE"},
		{tool: "go", file: ".config/go/env", content: "GOINSECURE=git-x.example.com\n", message: "go doesn't check who answers at git-x.example.com (GOINSECURE in HOME/.config/go/env)", command: "go env -u GOINSECURE"},
		{tool: "pip", variable: "PIP_TRUSTED_HOST=b git-x.example.com", message: "pip doesn't check who answers at git-x.example.com (trusted-host in the variable PIP_TRUSTED_HOST)", command: "unset PIP_TRUSTED_HOST"},
		{tool: "pip", file: ".config/pip/pip.conf", content: "[install]\ntrusted-host = b\n  git-x.example.com\n", message: "(trusted-host in HOME/.config/pip/pip.conf)", command: "pip config unset install.trusted-host"},
		{tool: "pnpm", file: ".npmrc", content: "strict-ssl=false\n", message: "pnpm doesn't check who answers (strict-ssl=false in HOME/.npmrc)", command: "npm config delete strict-ssl"},
		{tool: "pip", variable: "PIP_TRUSTED_HOST=git-x.example.com", message: "so anybody may get the token, and in clear after a redirect to http", command: "unset PIP_TRUSTED_HOST"},
		{tool: "go", message: "go follows a redirect to another port of the same host with the token"},
		{tool: "pnpm", message: "pnpm 12 follows a chain of redirects to another host with the token"},
		{tool: "terraform", message: "run `terraform login HOST` for them first"},
		{tool: "bazel", message: "Bazel tells a helper the host but not the port and the path: at a.example.com what is not https://a.example.com/path gets an error"},
	} {
		h := tooltest.New(t)
		if c.variable != "" {
			h.Env.Vars = append(h.Env.Vars, c.variable)
		}
		if c.file == "VERSION" {
			h.Write("bin/go", "")
			if err := os.Chmod(h.Path("bin/go"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if c.file != "" {
			h.Write(c.file, c.content)
			if err := os.Chmod(h.Path(c.file), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		p, err := plan(t, h, c.tool, request(t, "https://git-x.example.com", "https://a.example.com/path"))
		if err != nil {
			t.Errorf("%s: %v", c.tool, err)
			continue
		}
		here := strings.NewReplacer("HOME", h.Dir)
		if !slices.ContainsFunc(p.Notes, func(n tool.Note) bool {
			return strings.Contains(n.Message, here.Replace(c.message)) && n.Command == here.Replace(c.command)
		}) {
			t.Errorf("%s: no note %q in %+v", c.tool, c.message, p.Notes)
		}
		for _, n := range p.Notes {
			if strings.Contains(n.Lines(), "SECRET") {
				t.Errorf("%s: %s", c.tool, n.Lines())
			}
		}
	}
}

// A helper that is not on PATH would leave the tool without one.
func TestToolsNeedOurNamesOnPATH(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	for name, helper := range map[string]string{"go": "credential-idcs", "cargo": "cargo-credential-idcs", "pnpm": "pnpm-token-idcs", "bazel": "bazel-credential-idcs"} {
		h := tooltest.New(t)
		if err := os.Remove(h.Path("bin/" + helper)); err != nil {
			t.Fatal(err)
		}
		if _, err := plan(t, h, name, request(t, "https://git.example.com")); err == nil || !strings.Contains(err.Error(), helper+" is not on PATH") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// pnpm doesn't say whom it asks for, so another profile's token would go out.
func TestPnpmIsForTheDefaultProfileOnly(t *testing.T) {
	h := tooltest.New(t)
	for _, unnamed := range []string{"", "home"} {
		in := request(t, "https://git.example.com")
		in.Default = unnamed
		if _, err := plan(t, h, "pnpm", in); err == nil || !strings.Contains(err.Error(), `write default = "work"`) {
			t.Errorf("%q: %v", unnamed, err)
		}
	}
}

// HOST narrows to one host's targets; what is none is refused.
func TestToolsWithHosts(t *testing.T) {
	for _, name := range []string{"pnpm", "bazel"} {
		h := tooltest.New(t)
		in := request(t, "https://a.example.com", "https://b.example.com")
		in.Hosts = []string{"b.example.com"}
		p, err := plan(t, h, name, in)
		tooltest.Must(t, p, err)
		if d := p.Diff(); strings.Contains(d, "a.example.com") || !strings.Contains(d, "b.example.com") {
			t.Errorf("%s: %s", name, d)
		}
		in.Hosts = []string{"c.example.com"}
		if _, err := plan(t, h, name, in); err == nil || !strings.Contains(err.Error(), "https://c.example.com is not a target of profile work") {
			t.Errorf("%s: %v", name, err)
		}
		// The way back is open to what was a target once.
		in.Targets, in.Hosts = nil, []string{"b.example.com"}
		if p, err := undo(t, h, name, in); err != nil || len(p.Changes) != 1 || p.Changes[0].After != nil {
			t.Errorf("%s: %v\n%s", name, err, p.Diff())
		}
	}
}

// What the person has put into a table of our making keeps its header.
func TestToolsLeaveWhatHasComeSince(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	for _, c := range []struct{ tool, file, more, left string }{
		{"cargo", ".cargo/config.toml", "default = 'a'\n", "[registry]\ndefault = 'a'\n"},
		{"pip", ".config/pip/pip.conf", "timeout = 1\n", "[global]\ntimeout = 1\n"},
		{"go", ".config/go/env", "GOSUMDB=off\n", "GOSUMDB=off\n"},
	} {
		h := tooltest.New(t)
		p, err := plan(t, h, c.tool, request(t, "https://git.example.com"))
		tooltest.Must(t, p, err)
		h.Write(c.file, h.Read(c.file)+c.more)
		p, err = undo(t, h, c.tool, request(t, "https://git.example.com"))
		tooltest.Must(t, p, err)
		if got := h.Read(c.file); got != c.left {
			t.Errorf("%s: got %q", c.tool, got)
		}
	}
}

// OpenTofu's files, as internal/command/cliconfig finds them.
func TestTofuFindsItsFiles(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	for _, c := range []struct {
		name, there string
		xdg         bool
		file, link  string
	}{
		{name: "fresh", file: ".tofurc", link: ".terraform.d/plugins"},
		{name: "Terraform's only", there: ".terraformrc", file: ".terraformrc", link: ".terraform.d/plugins"},
		{name: "XDG", xdg: true, file: "xc/opentofu/tofurc", link: "xd/opentofu/plugins"},
		{name: "XDG, and old folders", xdg: true, there: ".terraform.d/x", file: "xc/opentofu/tofurc", link: ".terraform.d/plugins"},
		{name: "XDG, and an old file", xdg: true, there: ".tofurc", file: ".tofurc", link: "xd/opentofu/plugins"},
	} {
		h := tooltest.New(t)
		if c.there != "" {
			h.Write(c.there, "")
		}
		if c.xdg {
			h.Env.Vars = append(h.Env.Vars, "XDG_CONFIG_HOME="+h.Path("xc"), "XDG_DATA_HOME="+h.Path("xd"))
		}
		p, err := plan(t, h, "tofu", request(t, "https://git.example.com"))
		tooltest.Must(t, p, err)
		if p.Changes[0].Path != h.Path(c.link+"/terraform-credentials-idcs") || p.Changes[1].Path != h.Path(c.file) {
			t.Errorf("%s: %s, %s", c.name, p.Changes[0].Path, p.Changes[1].Path)
		}
	}
}
