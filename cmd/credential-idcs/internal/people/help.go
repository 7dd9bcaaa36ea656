package people

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/internal/build"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// usage is the short manual.
func usage() string {
	var b strings.Builder
	b.WriteString(`usage: credential-idcs COMMAND [ARGUMENTS]

One login at an Oracle identity domain, then git, docker, kubectl and their
relatives get a valid access token by themselves.

`)
	for _, v := range verbs() {
		fmt.Fprintf(&b, "  %-11s %s\n", v.name, v.about)
	}
	b.WriteString(`
Run by other programs, under a name of their own or by the first argument:

`)
	for _, h := range call.Helpers {
		fmt.Fprintf(&b, "  %-11s %s\n", h.Name, h.About)
	}
	b.WriteString(`
Everywhere:
  -p, --profile NAME   the profile; else $CREDENTIAL_IDCS_PROFILE, else the
                       default of the configuration, else its only one
  --config FILE        the configuration; else $CREDENTIAL_IDCS_CONFIG, else
                       ~/.config/credential-idcs/config.toml
  --debug              log to stderr what is decided and why, without secrets;
                       CREDENTIAL_IDCS_DEBUG=1 does so, too, and an absolute
                       path in it names a file

Example:
  credential-idcs login work
  credential-idcs configure git
  git clone https://git.example.com/team/app.git

Exit status: 0 done, 1 failure, 2 usage, 3 a login is needed, 4 try again
later (network, rate limit, busy), 5 configuration.

credential-idcs help COMMAND tells more of one.
`)
	return b.String()
}

// help is a command's manual.
func (v *verb) help() string {
	if v.name == "help" {
		return usage()
	}
	s := "usage: credential-idcs " + v.name
	if v.usage != "" {
		s += " " + v.usage
	}
	s += "\n\n" + strings.ToUpper(v.about[:1]) + v.about[1:] + ".\n" + v.text
	if len(v.order) > 0 {
		s += "\n" + v.options.help(v.order, "")
	}
	return s + v.rest
}

// helpOf is the manual of a command, or of what the first operand is alone.
func (v *verb) helpOf(operands []string) string {
	if v.part != nil && len(operands) > 0 {
		if s := v.part(operands[0]); s != "" {
			return s
		}
	}
	return v.help()
}

func helpVerb() *verb {
	return &verb{
		name: "help", usage: "[COMMAND]", about: "what there is, or more of one command", limit: 2, run: help,
		follows: func(_ *app, operands []string) []string {
			switch {
			case len(operands) == 0:
				return Commands()
			case len(operands) == 1 && command(operands[0]) != nil && command(operands[0]).part != nil:
				return toolList()
			}
			return nil
		},
	}
}

func help(_ context.Context, a *app, operands []string) error {
	name := operand(operands)
	if name == "" {
		_, err := io.WriteString(a.Stdout, usage())
		return err
	}
	v := command(name)
	switch {
	case len(operands) < 2:
	case v == nil || v.part == nil:
		return misuse("help: too many arguments", "credential-idcs help help")
	case v.part(operands[1]) == "":
		return misuse("help: the tools are "+text.List(toolList(), "and")+didYouMean(operands[1], toolList()), "credential-idcs help "+v.name)
	}
	if v != nil {
		_, err := io.WriteString(a.Stdout, v.helpOf(operands[1:]))
		return err
	}
	if name == "oci" {
		_, err := io.WriteString(a.Stdout, ociHelp)
		return err
	}
	for _, h := range call.Helpers {
		if h.Name == name {
			return call.PrintHelp(a.Stdout, h)
		}
	}
	return misuse("there is no such command"+didYouMean(name, Commands()), "credential-idcs help")
}

func versionVerb() *verb {
	v := &verb{name: "version", usage: "[--json]", about: "version, commit and Go version"}
	asJSON := v.switched("json", "an object with version, commit and go")
	v.run = func(_ context.Context, a *app, _ []string) error {
		if *asJSON {
			return a.printJSON(struct {
				Version string `json:"version"`
				Commit  string `json:"commit"`
				Go      string `json:"go"`
			}{build.Version(), build.Commit(), runtime.Version()})
		}
		_, err := fmt.Fprintf(a.Stdout, "credential-idcs %s (commit %s, %s)\n", build.Version(), build.Commit(), runtime.Version())
		return err
	}
	return v
}
