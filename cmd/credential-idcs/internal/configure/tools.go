package configure

import (
	"context"
	"strings"
)

// A Tool is a program whose configuration is edited here. Plan is for setting it up, Undo for taking
// back what Plan wrote.
type Tool struct {
	Name  string
	Words string // operands and options, as a usage has them; "" if it has none
	About string // what is written where, for the help
	// Programs are the names on PATH by which doctor knows that the tool is installed; none: doctor
	// looks at this tool in its own way.
	Programs []string
	Plan     func(context.Context, Env, Request) (Plan, error)
	Undo     func(context.Context, Env, Request) (Plan, error)
}

// Tools are all of them, in the order of the help. Their rows are all that help, completion, messages
// and doctor know of a tool.
var Tools = []*Tool{
	{
		Name: "git", Words: "[--local|--file FILE]", About: "credential.URL.helper in ~/.gitconfig",
		Plan: func(ctx context.Context, env Env, in Request) (Plan, error) { return Git(ctx, env, in.repository()) },
		Undo: func(ctx context.Context, env Env, in Request) (Plan, error) {
			return UndoGit(ctx, env, in.repository())
		},
	},
	{
		Name: "docker", Words: "[HOST...] [--overwrite]", About: "credHelpers in ~/.docker/config.json",
		Plan: func(_ context.Context, env Env, in Request) (Plan, error) { return Docker(env, in.registries()) },
		Undo: func(_ context.Context, env Env, in Request) (Plan, error) { return UndoDocker(env, in.registries()) },
	},
	{
		Name: "podman", Words: "[HOST...] [--overwrite]", About: "the same for podman, buildah and skopeo",
		Plan: func(_ context.Context, env Env, in Request) (Plan, error) { return Podman(env, in.registries()) },
		Undo: func(_ context.Context, env Env, in Request) (Plan, error) { return UndoPodman(env, in.registries()) },
	},
	{
		Name: "kubectl", Words: "[--context NAME]... [--user NAME] [--overwrite]", About: "an exec user in the kubeconfig",
		Plan: func(_ context.Context, env Env, in Request) (Plan, error) { return Kubectl(env, in.cluster()) },
		Undo: func(_ context.Context, env Env, in Request) (Plan, error) { return UndoKubectl(env, in.cluster()) },
	},
	{
		Name: "go", Words: "[--overwrite]", About: "GOAUTH, in the file of `go env -w`",
		Programs: []string{"go"},
		Plan:     Go, Undo: UndoGo,
	},
	{
		Name: "cargo", Words: "[--overwrite]", About: "registry.global-credential-providers in ~/.cargo/config.toml",
		Programs: []string{"cargo"},
		Plan:     Cargo, Undo: UndoCargo,
	},
	{
		Name: "terraform", Words: "[--overwrite]", About: "credentials_helper in ~/.terraformrc, and a link beside its plugins",
		Programs: []string{"terraform"},
		Plan:     Terraform, Undo: UndoTerraform,
	},
	{
		Name: "tofu", Words: "[--overwrite]", About: "the same for OpenTofu, in ~/.tofurc",
		Programs: []string{"tofu"},
		Plan:     OpenTofu, Undo: UndoOpenTofu,
	},
	{
		Name: "pip", Words: "[--overwrite]", About: "keyring-provider in pip.conf, and a link named keyring",
		Programs: []string{"pip", "pip3"},
		Plan:     Pip, Undo: UndoPip,
	},
	{
		Name: "pnpm", Words: "[HOST...] [--overwrite]", About: "//HOST/:tokenHelper in ~/.npmrc",
		Programs: []string{"pnpm"},
		Plan:     Pnpm, Undo: UndoPnpm,
	},
	{
		Name: "bazel", Words: "[HOST...] [--overwrite]", About: "--credential_helper in ~/.bazelrc, of Bazel 7 and later",
		Programs: []string{"bazel", "bazelisk"},
		Plan:     Bazel, Undo: UndoBazel,
	},
}

// ToolNamed is the row of a name; nil: there is none.
func ToolNamed(name string) *Tool {
	for _, t := range Tools {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// ByTarget is whether the tool is set up for each target by itself, and not for all that there are.
func (t *Tool) ByTarget() bool { return strings.Contains(t.Words, "HOST") }
