package people

import (
	"context"
	"flag"
	"io"
	"slices"
	"strings"
)

// completeVerb is the command that the completion scripts run. It isn't in the usage.
func completeVerb() *verb {
	return &verb{name: "complete", usage: "[--described] --word=BEGUN [WORD…]", about: "print what may follow some words", raw: runComplete}
}

func runComplete(_ context.Context, a *app, args []string) error {
	described := len(args) > 0 && args[0] == "--described"
	if described {
		args = args[1:]
	}
	if len(args) == 0 {
		return misuse("complete: it is for completion scripts", "credential-idcs help completion")
	}
	begun, ok := strings.CutPrefix(args[0], "--word=")
	if !ok {
		return misuse("complete: --word= comes first", "credential-idcs help completion")
	}
	a.Silent = true
	var b strings.Builder
	for _, c := range a.complete(args[1:], begun) {
		b.WriteString(c.word)
		if described && c.about != "" {
			b.WriteString("\t" + c.about)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(a.Stdout, b.String())
	return err
}

// A candidate is a word that completes a command line, and what it is for.
type candidate struct{ word, about string }

// complete are the words that begin with begun and may follow the words before.
func (a *app) complete(before []string, begun string) []candidate {
	a.noteConfig(before)
	// bash takes --profile=NAME apart at the "=", the others leave it whole.
	if begun == "=" {
		before, begun = append(slices.Clone(before), "="), ""
	}
	v, operands := a.typed(before)
	if n := len(before); n >= 2 && before[n-1] == "=" {
		return beginning(begun, plain(a.values(v, before[n-2])))
	}
	if option, value, whole := strings.Cut(begun, "="); whole && strings.HasPrefix(option, "-") {
		list := beginning(value, plain(a.values(v, option)))
		for i := range list {
			list[i].word = option + "=" + list[i].word
		}
		return list
	}
	if n := len(before); n > 0 && a.takesValue(v, before[n-1]) {
		return beginning(begun, plain(a.values(v, before[n-1])))
	}
	if v == nil {
		if len(operands) > 0 {
			return nil // an unknown command
		}
		var list []candidate
		for _, v := range verbs() {
			list = append(list, candidate{v.name, v.about})
		}
		return beginning(begun, append(list, optionsOf(a.shared(), nil)...))
	}
	var takes func(string) bool
	if v.takes != nil {
		takes = func(option string) bool { return v.takes(option, operands) }
	}
	v.set()
	list := optionsOf(&v.options, takes)
	list = append(list, optionsOf(a.shared(), nil)...)
	if v.follows != nil {
		list = append(list, plain(v.follows(a, operands))...)
	}
	return beginning(begun, list)
}

// shared are the options that all commands have.
func (a *app) shared() *options {
	o := &options{order: []string{"profile", "config", "debug", "help"}}
	o.set()
	a.everywhere(o)
	o.Bool("help", false, "print the help")
	return o
}

// optionsOf are the candidates of a command's options, of those that takes admits.
func optionsOf(o *options, takes func(option string) bool) (list []candidate) {
	for _, name := range o.order {
		if takes != nil && !takes(name) {
			continue
		}
		_, usage := flag.UnquoteUsage(o.Lookup(name))
		list = append(list, candidate{dashed(name), usage})
	}
	return list
}

// lookup finds an option of a command, which may be nil, or of all.
func (a *app) lookup(v *verb, option string) *flag.Flag {
	name := strings.TrimLeft(option, "-")
	if v != nil {
		if f := v.set().Lookup(name); f != nil {
			return f
		}
	}
	return a.shared().Lookup(name)
}

// takesValue reports whether a word is an option that is followed by its value.
func (a *app) takesValue(v *verb, word string) bool {
	if !strings.HasPrefix(word, "-") {
		return false
	}
	f := a.lookup(v, word)
	return f != nil && !isSwitch(f)
}

// values are the values of an option, nil if they aren't known.
func (a *app) values(v *verb, option string) []string {
	switch name := strings.TrimLeft(option, "-"); {
	case name == "profile" || name == "p":
		return profileNames(a)
	case v != nil && v.values[name] != nil:
		return v.values[name](a)
	}
	return nil
}

// typed is the command among some words, nil if there is none, and the operands behind it: the words that
// are neither options nor their values.
func (a *app) typed(words []string) (v *verb, operands []string) {
	first := true
	for i := 0; i < len(words); i++ {
		switch w := words[i]; {
		case w == "=":
			i++
		case strings.HasPrefix(w, "-"):
			if a.takesValue(v, w) && (i+1 == len(words) || words[i+1] != "=") {
				i++
			}
		case first:
			first = false
			if v = command(w); v == nil {
				operands = append(operands, w)
			}
		default:
			operands = append(operands, w)
		}
	}
	return v, operands
}

// noteConfig reads the configuration that was typed.
func (a *app) noteConfig(before []string) {
	for i, w := range before {
		if file, ok := strings.CutPrefix(w, "--config="); ok {
			a.Config = file
		} else if w == "--config" && i+1 < len(before) {
			a.Config = before[i+1]
		}
	}
}

// profileNames are those of the configuration; none if it can't be used.
func profileNames(a *app) []string {
	f, err := a.Load(false)
	if err != nil {
		return nil
	}
	return f.Names()
}

// aProfile is what follows a command whose only operand is a profile.
func aProfile(a *app, operands []string) []string {
	if len(operands) > 0 {
		return nil
	}
	return profileNames(a)
}

// targetHosts are the hosts of all targets, each once, as tools spell them.
func (a *app) targetHosts() (hosts []string) {
	f, err := a.Load(false)
	if err != nil {
		return nil
	}
	for _, p := range f.Profiles {
		for i := range p.Targets {
			if h := p.Targets[i].HostPort(); !slices.Contains(hosts, h) {
				hosts = append(hosts, h)
			}
		}
	}
	return hosts
}

// plain are candidates that need no explanation.
func plain(words []string) (list []candidate) {
	for _, w := range words {
		list = append(list, candidate{word: w})
	}
	return list
}

func beginning(begun string, list []candidate) []candidate {
	return slices.DeleteFunc(list, func(c candidate) bool { return !strings.HasPrefix(c.word, begun) })
}
