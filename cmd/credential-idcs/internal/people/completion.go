package people

import (
	"context"
	"embed"
	"slices"
)

// The scripts run `credential-idcs complete`, so they fit every version of the program.
//
//go:embed completion
var scripts embed.FS

var shells = []string{"bash", "zsh", "fish", "powershell"}

func completionVerb() *verb {
	return &verb{
		name: "completion", usage: "bash|zsh|fish|powershell", about: "print a shell's completion script",
		text: `
It completes commands, options and the names of your profiles.

  bash         source <(credential-idcs completion bash), in ~/.bashrc
  zsh          source <(credential-idcs completion zsh), in ~/.zshrc after
               compinit; or a file _credential-idcs in a folder of $fpath
  fish         credential-idcs completion fish | source, in config.fish
  powershell   credential-idcs completion powershell | Out-String |
               Invoke-Expression, in $PROFILE

The scripts run credential-idcs complete --word=BEGUN WORD..., which prints the
words that may stand behind these, one a line; with --described before it, a
word is followed by a tab and what it is. It reads the configuration and nothing
else, and never fails.
`,
		limit: 1, run: completion,
		follows: func(_ *app, operands []string) []string {
			if len(operands) > 0 {
				return nil
			}
			return shells
		},
	}
}

func completion(_ context.Context, a *app, operands []string) error {
	shell := operand(operands)
	if !slices.Contains(shells, shell) {
		return misuse("completion: for bash, zsh, fish or powershell", "credential-idcs help completion")
	}
	b, err := scripts.ReadFile("completion/" + shell)
	if err != nil {
		return err
	}
	_, err = a.Stdout.Write(b)
	return err
}
