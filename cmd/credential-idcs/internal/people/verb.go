package people

import (
	"context"
	"errors"
	"flag"
	"io"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A verb is a command. Parsing, help and completion all use the FlagSet of its options.
type verb struct {
	name  string
	usage string // what follows the name in the usage: "[PROFILE] [--json]"
	about string // one line
	text  string // the help between that line and the options
	rest  string // the help behind the options
	limit int    // how many operands there may be

	options
	// run runs the command. The operands are the arguments that are no options.
	run func(ctx context.Context, a *app, operands []string) error
	// follows are the words that may follow these operands; nil: there are none.
	follows func(a *app, operands []string) []string
	// takes reports whether an option goes with these operands; nil: all do.
	takes func(option string, operands []string) bool
	// values are the possible values of an option, by its name, if there is a list of them.
	values map[string]func(a *app) []string
	// raw is run in place of run, without parsing: complete gets the options of other commands.
	raw func(ctx context.Context, a *app, args []string) error
	// part is the help of one operand alone; empty: it has none.
	part func(operand string) string
}

// verbs are all commands, in the order in which a new user needs them.
func verbs() []*verb {
	return []*verb{
		initVerb(), loginVerb(), logoutVerb(), statusVerb(), tokenVerb(), refreshVerb(),
		targetVerb(), sealVerb(), unlockVerb(), lockVerb(),
		configureVerb(), unconfigureVerb(), doctorVerb(),
		completionVerb(), versionVerb(), helpVerb(),
	}
}

// Commands are the names of all commands.
func Commands() []string {
	var list []string
	for _, v := range verbs() {
		list = append(list, v.name)
	}
	return list
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

// do runs a command with its arguments.
func (a *app) do(ctx context.Context, v *verb, args []string) error {
	if v.raw != nil {
		return v.raw(ctx, a, args)
	}
	operands, err := a.parse(v, args)
	if errors.Is(err, flag.ErrHelp) {
		_, err := io.WriteString(a.Stdout, v.helpOf(operands))
		return err
	}
	if err != nil {
		return err
	}
	return v.run(ctx, a, operands)
}

// everywhere adds the options that all commands have.
func (a *app) everywhere(o *options) {
	o.StringVar(&a.Profile, "profile", a.Profile, "the profile `NAME`")
	o.StringVar(&a.Profile, "p", a.Profile, "the profile `NAME`")
	o.StringVar(&a.Config, "config", a.Config, "the configuration `FILE`")
	o.BoolVar(&a.Debug, "debug", a.Debug, "log to stderr what is decided and why")
}

// parse reads options before, between and after the operands. The error is flag.ErrHelp for --help; then the operands are
// those before it.
func (a *app) parse(v *verb, args []string) (operands []string, err error) {
	help := "credential-idcs help " + v.name
	f := v.set()
	a.everywhere(&v.options)
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return operands, err
			}
			if typed := args[len(args)-f.NArg()-1]; strings.HasPrefix(typed, "-p") && len(typed) > len("-p") && typed[2] != '=' {
				return nil, misuse(v.name+": a space belongs behind -p", help) // what is there may be a secret
			}
			return nil, misuse(v.name+": "+flagError(err, f), help)
		}
		rest := f.Args()
		if len(rest) == 0 {
			return operands, nil
		}
		if len(operands) == v.limit {
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
			return "unknown option " + text.Clean(option) // every single letter is near to every other
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

// valueOf is what is wrong with an option's value: which one it needs.
func valueOf(o *flag.Flag) string {
	switch {
	case o == nil:
	case isSwitch(o):
		return "takes no value"
	case isDuration(o):
		return "needs a time such as 10m, 90s or 8h"
	}
	return "has a value that can't be read"
}

func isDuration(o *flag.Flag) bool {
	_, err := time.ParseDuration(o.DefValue)
	return err == nil
}

// operand is the first operand, or empty.
func operand(operands []string) string {
	if len(operands) == 0 {
		return ""
	}
	return operands[0]
}
