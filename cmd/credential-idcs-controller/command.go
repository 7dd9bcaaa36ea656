package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A verb is a command.
type verb struct {
	name, words, about, text string
	run                      func(ctx context.Context, a *app, args []string) error
}

// verbs are all commands, in the order of the help.
func verbs() []*verb {
	return []*verb{
		runVerb(), manifestsVerb(), loginVerb(), logoutVerb(), refreshVerb(), statusVerb(), versionVerb(),
	}
}

// An app is one run of the program: its process, and the flags that all commands have.
type app struct {
	*host.Process
	config, namespace, kubeconfig string
	file                          *config.File // nil until it is loaded
}

// run runs the command in p.Args and returns the exit status.
func run(ctx context.Context, p *host.Process) int {
	a := &app{Process: p}
	err := a.dispatch(ctx)
	if err == nil {
		return 0
	}
	f := asFailure(err)
	_, _ = io.WriteString(a.Stderr, f.lines())
	return f.status
}

func (a *app) dispatch(ctx context.Context) error {
	name := ""
	args := a.Args[1:]
	switch {
	case len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "-h" && args[0] != "--help" && args[0] != "--version":
		name = "run" // the default
	case len(args) > 0:
		name, args = args[0], args[1:]
	}
	switch name {
	case "help", "--help", "-h":
		_, err := io.WriteString(a.Stdout, usage())
		return err
	case "--version":
		name = "version"
	}
	for _, v := range verbs() {
		if v.name == name {
			err := v.run(ctx, a, args)
			if errors.Is(err, flag.ErrHelp) {
				_, err = io.WriteString(a.Stdout, v.help())
			}
			return err
		}
	}
	if name == "" {
		_, _ = io.WriteString(a.Stderr, usage())
		return &failure{status: 2, silent: true}
	}
	return misuse("unknown command "+text.Clean(name), "credential-idcs-controller help")
}

func usage() string {
	var b strings.Builder
	b.WriteString("usage: credential-idcs-controller COMMAND [OPTIONS]\n\nKeeps the tokens of an identity domain fresh in a Kubernetes cluster's Secrets.\n\n")
	for _, v := range verbs() {
		fmt.Fprintf(&b, "  %-10s %s\n", v.name, v.about)
	}
	b.WriteString("\n`credential-idcs-controller COMMAND --help` tells more.\n")
	return b.String()
}

func (v *verb) help() string {
	return "usage: credential-idcs-controller " + strings.TrimSpace(v.name+" "+v.words) + "\n\n" + v.about + ".\n" + v.text
}

// options is the flag set of a command, with the flags that all have.
func (a *app) options(v *verb) *flag.FlagSet {
	f := flag.NewFlagSet(v.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	f.StringVar(&a.config, "config", "", "")
	f.StringVar(&a.namespace, "namespace", "", "")
	return f
}

// checkNamespace checks --namespace by Kubernetes' rule, since it becomes part of manifests, API paths and printed
// commands.
func (a *app) checkNamespace(verb string) error {
	if a.namespace == "" || len(validation.IsDNS1123Label(a.namespace)) == 0 {
		return nil
	}
	return misuse(verb+": --namespace "+strconv.Quote(text.Clean(a.namespace))+" must be a name of a-z, 0-9 and -, with a letter or digit at both ends, 63 characters at most",
		"credential-idcs-controller "+verb+" --help")
}

// parse reads flags before, between and after the operands, of which there may be limit.
func (a *app) parse(f *flag.FlagSet, args []string, limit int) (operands []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, misuse(f.Name()+": "+text.Clean(err.Error()), "credential-idcs-controller "+f.Name()+" --help")
		}
		rest := f.Args()
		if len(rest) == 0 {
			return operands, a.checkNamespace(f.Name())
		}
		if len(operands) == limit {
			return nil, misuse(f.Name()+": too many arguments", "credential-idcs-controller "+f.Name()+" --help")
		}
		operands, args = append(operands, rest[0]), rest[1:]
	}
}
