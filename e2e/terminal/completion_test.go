//go:build linux

package terminal

import (
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// What the Tab key does, in the shells, after the line that the README has for their start-up file.
func TestTabCompletes(t *testing.T) {
	for _, shell := range []struct {
		name, load string
		command    []string
		office     string // how the shell quotes a name with a space
	}{
		{"bash", "source <(credential-idcs completion bash)", []string{"--norc", "--noprofile", "-i"}, `home\ office`},
		{"zsh", "autoload -Uz compinit && compinit -D -u; source <(credential-idcs completion zsh)", []string{"-f", "-i"}, `home\ office`},
		{"fish", "credential-idcs completion fish | source", []string{"--no-config", "-i"}, `home\ office`},
	} {
		t.Run(shell.name, func(t *testing.T) {
			m := machine.Home(t, program)
			m.Profile = machine.Profile{Domain: "https://idcs.example.com", CAFile: "ca.pem", Client: "c", Login: "device"}
			m.Profile.Tables = "[profiles.\"home office\"]\ndomain = \"https://idcs.example.com\"\nclient_id = \"d\"\nlogin = \"device\"\nscope = \"s\"\n"
			m.Configure()
			s := openShell(m, t, append([]string{need.Tool(t, shell.name)}, shell.command...)...)
			s.types(shell.load+"; echo loa''ded", "Enter")
			s.sees("loaded\n")
			s.types("credential-idcs stat", "Tab")
			s.sees("credential-idcs status")
			s.types("--js", "Tab")
			s.sees("credential-idcs status --json")
			s.types("h", "Tab")
			s.sees("credential-idcs status --json " + shell.office)
			s.types("", "C-u")
			s.types("kubectl-idcs login --profile wo", "Tab")
			s.sees("kubectl-idcs login --profile work")
		})
	}
}
