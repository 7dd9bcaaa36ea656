package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// threeProfiles is a configuration with the profiles work, "home office" and it's.
func threeProfiles(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "config.toml")
	var toml strings.Builder
	for _, name := range []string{`work`, `"home office"`, `"it's"`} {
		toml.WriteString("[profiles." + name + "]\ndomain = \"https://idcs.example.com\"\nclient_id = \"c\"\nlogin = \"device\"\nscope = \"s\"\n")
	}
	toml.WriteString("targets = [\"https://git.example.com/team\", \"https://git.example.com/other\", \"https://registry.example.com:5000\"]\n")
	if err := os.WriteFile(path, []byte(toml.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The real shells load their script and complete with it.
func TestScriptsInTheRealShells(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "credential-idcs")); err != nil { // see TestMain
		t.Fatal(err)
	}
	config := threeProfiles(t)
	const bash = `source <(credential-idcs completion bash)
complete -p credential-idcs kubectl-idcs >/dev/null || exit 1
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _credential_idcs; printf '%s\n' "${COMPREPLY[@]}"; }
`
	const zsh = `autoload -Uz compinit && compinit -D -u; source <(credential-idcs completion zsh)
[[ $_comps[credential-idcs] == _credential_idcs ]] || exit 1
compadd() { print -rl -- ${(P)@[-1]} }
_files() { print files }
try() { words=("$@"); CURRENT=$#; _credential_idcs }
`
	for _, c := range []struct {
		shell, name string
		args        []string
		script      string
		want        []string
	}{
		{"bash", "bash", []string{"--norc", "-c"}, bash + "try credential-idcs sta; try credential-idcs status --profile = h; try credential-idcs login it",
			[]string{"status", `home\ office`, `it\'s`}},
		{"zsh", "zsh", []string{"-f", "-c"}, zsh + "try credential-idcs sta; try credential-idcs status --profile=h; try credential-idcs login it; try credential-idcs --config ''",
			[]string{"status", "--profile=home office", "it's", "files"}},
		{"fish", "fish", []string{"--no-config", "-c"}, "credential-idcs completion fish | source; for line in 'credential-idcs sta' 'credential-idcs status --profile=h' 'kubectl-idcs login it'; complete -C $line; end",
			[]string{"status\twho is logged in, and for how long", "--profile=home office", "it's"}},
		{"powershell", "pwsh", []string{"-NoProfile", "-Command"}, "credential-idcs completion powershell | Out-String | Invoke-Expression; " +
			"foreach ($l in 'credential-idcs sta', 'credential-idcs login h') { (TabExpansion2 $l $l.Length).CompletionMatches.CompletionText }",
			[]string{"status", "'home office'"}},
	} {
		t.Run(c.shell, func(t *testing.T) {
			if _, err := exec.LookPath(c.name); err != nil && c.name == "pwsh" {
				t.Skip("pwsh is missing, and Debian has none")
			}
			cmd := exec.Command(need.Tool(t, c.name), append(slices.Clone(c.args), c.script)...)
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "CREDENTIAL_IDCS_CONFIG="+config, "HOME="+t.TempDir())
			out, err := cmd.CombinedOutput()
			got := strings.Split(strings.TrimSpace(string(out)), "\n")
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}
