package people

import (
	"context"
	"errors"
	"flag"
	"io"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A verb is a command for people.
type verb struct {
	name  string
	words string       // what follows the name in the usage: "[PROFILE] [--json]"
	tools []*tools.Row // what its first operand is one of; each has words of its own
	about string       // one line
	text  string       // the rest of its help
	run   func(ctx context.Context, a *app, args []string) error
}

// verbs is the program's table of contents for people, in the order of a first day.
func verbs() []*verb {
	return []*verb{
		initVerb(), loginVerb(), logoutVerb(), statusVerb(), tokenVerb(), refreshVerb(),
		configureVerb(), unconfigureVerb(), doctorVerb(),
		completionVerb(), versionVerb(), helpVerb(),
	}
}

func command(name string) *verb {
	switch name {
	case "--version", "-version":
		name = "version"
	case "--help", "-help", "-h":
		name = "help"
	case "complete": // for scripts only, so it isn't in the table
		return completeVerb()
	}
	for _, v := range verbs() {
		if v.name == name {
			return v
		}
	}
	return nil
}

// errHelp says that somebody asked for a command's help.
var errHelp = errors.New("help")

// options is the flag set of a verb, with the flags that all of them have.
func (a *app) options(v *verb) *flag.FlagSet {
	f := flag.NewFlagSet(v.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	f.StringVar(&a.Config, "config", a.Config, "")
	f.StringVar(&a.Profile, "profile", a.Profile, "")
	f.StringVar(&a.Profile, "p", a.Profile, "")
	f.BoolVar(&a.Debug, "debug", a.Debug, "")
	return f
}

// parse reads flags before, between and after at most limit operands.
func (a *app) parse(v *verb, f *flag.FlagSet, args []string, limit int) (operands []string, err error) {
	help := "credential-idcs help " + v.name
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				_, _ = io.WriteString(a.Stdout, v.help())
				return nil, errHelp
			}
			if typed := args[len(args)-f.NArg()-1]; strings.HasPrefix(typed, "-p") && len(typed) > len("-p") && typed[2] != '=' {
				return nil, misuse(v.name+": a space belongs behind -p", help) // what stands there may be a secret
			}
			return nil, misuse(v.name+": "+flagError(err, f), help)
		}
		rest := f.Args()
		if len(rest) == 0 {
			return operands, nil
		}
		if len(operands) == limit {
			return nil, misuse(v.name+": too many arguments", help)
		}
		operands = append(operands, rest[0])
		args = rest[1:]
	}
}

// flagError is package flag's message without the value that was typed: it may be a secret.
func flagError(err error, f *flag.FlagSet) string {
	s := err.Error()
	if name, ok := strings.CutPrefix(s, "flag provided but not defined: "); ok {
		var known []string
		f.VisitAll(func(o *flag.Flag) { known = append(known, dashed(o.Name)) })
		option := dashed(name)
		if len(option) == len("-x") {
			return "unknown option " + text.Clean(option) // every letter is near to any
		}
		return "unknown option " + text.Clean(option) + didYouMean(option, known)
	}
	if name, ok := strings.CutPrefix(s, "flag needs an argument: "); ok {
		return "option " + text.Clean(dashed(name)) + " needs a value"
	}
	for _, between := range []string{" for flag -", " for -"} { // the latter is a switch's
		if i := strings.LastIndex(s, between); strings.HasPrefix(s, "invalid ") && i >= 0 {
			name, _, _ := strings.Cut(s[i+len(between):], ":")
			return "option " + text.Clean(dashed(name)) + " " + valueOf(f.Lookup(name))
		}
	}
	return "the options can't be read"
}

// dashed is an option as people write it. Package flag names one with a single dash, or with none.
func dashed(name string) string {
	if name = strings.TrimLeft(name, "-"); len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// valueOf is what an option wants.
func valueOf(o *flag.Flag) string {
	if o == nil {
		return "has a value that can't be read"
	}
	if _, ok := o.Value.(interface{ IsBoolFlag() bool }); ok {
		return "takes no value"
	}
	if _, err := time.ParseDuration(o.DefValue); err == nil {
		return "needs a time such as 10m, 90s or 8h"
	}
	return "has a value that can't be read"
}

// operand is the only operand, or empty.
func operand(operands []string) string {
	if len(operands) == 0 {
		return ""
	}
	return operands[0]
}
