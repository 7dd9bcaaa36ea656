// Package tools has the table of the tools that configure sets up and doctor checks. A new tool is a folder beside this file
// and a row here.
package tools

import (
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/bazel"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/cargo"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/docker"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/git"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/golang"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/kubectl"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/pip"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/pnpm"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/podman"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/terraform"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
)

// A Row is a tool, with what help, completion, messages and doctor need.
type Row struct {
	Name string
	// Hosts: it is set up for each target by itself, so configure accepts hosts.
	Hosts   bool
	Options []string // its options, of those that configure has
	About   string   // the setting and its file, for the help
	// Programs are the programs by which doctor knows that the tool is installed.
	Programs []string
	tool.Tool
}

// All are all tools, in the order of the help.
var All = []*Row{
	{"git", false, []string{"local", "file", "portable"}, "credential.URL.helper in ~/.gitconfig", []string{"git"}, git.Tool{}},
	{"docker", true, []string{"overwrite"}, "credHelpers in ~/.docker/config.json", []string{"docker", "crane", "oras", "helm"}, docker.Tool{}},
	{"podman", true, []string{"overwrite"}, "credHelpers in auth.json, for podman, buildah and skopeo", []string{"podman", "buildah", "skopeo"}, podman.Tool{}},
	{"kubectl", false, []string{"context", "all-contexts", "user", "portable", "overwrite"}, "an exec user in the kubeconfig", []string{"kubectl"}, kubectl.Tool{}},
	{"go", false, []string{"overwrite"}, "GOAUTH, in the file of `go env -w`", []string{"go"}, golang.Tool{}},
	{"cargo", false, []string{"overwrite"}, "registry.global-credential-providers in ~/.cargo/config.toml", []string{"cargo"}, cargo.Tool{}},
	{"terraform", false, []string{"overwrite"}, "credentials_helper in ~/.terraformrc, and a link beside its plugins", []string{"terraform"}, terraform.Tool{}},
	{"tofu", false, []string{"overwrite"}, "credentials_helper in ~/.tofurc, and a link beside its plugins", []string{"tofu"}, terraform.OpenTofu},
	{"pip", false, []string{"overwrite"}, "keyring-provider in pip.conf, and a link named keyring", []string{"pip", "pip3"}, pip.Tool{}},
	{"pnpm", true, []string{"overwrite"}, "//HOST/:tokenHelper in ~/.npmrc", []string{"pnpm"}, pnpm.Tool{}},
	{"bazel", true, []string{"overwrite"}, "--credential_helper in ~/.bazelrc, of Bazel 7 and later", []string{"bazel", "bazelisk"}, bazel.Tool{}},
}

// Named is the row of a name; nil: there is none.
func Named(name string) *Row {
	for _, t := range All {
		if t.Name == name {
			return t
		}
	}
	return nil
}
