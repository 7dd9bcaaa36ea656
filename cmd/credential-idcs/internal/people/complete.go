package people

import (
	"context"
	"io"
	"slices"
	"strings"
	"unicode"
)

// completeVerb is what the completion scripts run. It isn't in the usage: people type the other ones.
func completeVerb() *verb {
	return &verb{name: "complete", words: "--word=BEGUN [WORD…]", about: "print what may stand behind some words", run: runComplete}
}

func runComplete(_ context.Context, a *app, args []string) error {
	if len(args) == 0 {
		return misuse("complete: it is for completion scripts", "credential-idcs help completion")
	}
	begun, ok := strings.CutPrefix(args[0], "--word=")
	if !ok {
		return misuse("complete: --word= comes first", "credential-idcs help completion")
	}
	a.Silent = true
	var b strings.Builder
	for _, w := range a.complete(args[1:], begun) {
		b.WriteString(w + "\n")
	}
	_, err := io.WriteString(a.Stdout, b.String())
	return err
}

// complete is what may stand behind the words before, beginning as begun.
func (a *app) complete(before []string, begun string) []string {
	a.noteConfig(before)
	// bash takes --profile=NAME apart at the "=", the others leave it whole.
	if begun == "=" {
		before, begun = append(slices.Clone(before), "="), ""
	}
	if n := len(before); n >= 2 && before[n-1] == "=" {
		return beginning(begun, a.values(before[n-2]))
	}
	if name, value, whole := strings.Cut(begun, "="); whole && strings.HasPrefix(name, "-") {
		list := beginning(value, a.values(name))
		for i := range list {
			list[i] = name + "=" + list[i]
		}
		return list
	}
	if n := len(before); n > 0 && takesValue(before[n-1]) {
		return beginning(begun, a.values(before[n-1]))
	}
	operands := typed(before)
	if len(operands) == 0 {
		return beginning(begun, append(Commands(), everywhere...))
	}
	v := command(operands[0])
	if v == nil {
		return nil
	}
	list := slices.Clone(everywhere)
	for _, w := range split(v.wordsFor(operands[1:])) {
		switch {
		case w == "TOOL" && len(operands) == 1:
			for _, t := range v.tools {
				list = append(list, t.Name)
			}
		case w == "HOST":
			list = append(list, a.targetHosts()...)
		case w == "COMMAND" && len(operands) == 1:
			list = append(list, Commands()...)
		case w == "PROFILE" && len(operands) == 1:
			list = append(list, a.profileNames()...)
		case strings.HasPrefix(w, "-"), len(operands) == 1 && strings.IndexFunc(w, unicode.IsUpper) < 0:
			list = append(list, w)
		}
	}
	return beginning(begun, list)
}

// wordsFor are a verb's words, with those of the tool that is named.
func (v *verb) wordsFor(operands []string) string {
	for _, t := range v.tools {
		if len(operands) > 0 && operands[0] == t.Name {
			return v.words + " " + t.Words
		}
	}
	return v.words
}

// everywhere are the options that all commands have.
var everywhere = []string{"--profile", "--config", "--debug", "--help"}

// Commands are the names of all commands.
func Commands() []string {
	var list []string
	for _, v := range verbs() {
		list = append(list, v.name)
	}
	return list
}

// split takes a verb's words apart: "[PROFILE|--all]" is PROFILE and --all.
func split(words string) []string {
	return strings.FieldsFunc(words, func(r rune) bool { return strings.ContainsRune(" \n[]|.…", r) })
}

// takesValue reports whether an option is followed by a value, which the usage has in capitals:
// "[--min-ttl DURATION]".
func takesValue(option string) bool {
	words := []string{"--profile NAME -p NAME --config FILE"}
	for _, v := range verbs() {
		words = append(words, v.words)
		for _, t := range v.tools {
			words = append(words, t.Words)
		}
	}
	fields := strings.Fields(strings.NewReplacer("[", " [ ", "]", " ] ", "|", " | ").Replace(strings.Join(words, " [ ")))
	for i, w := range fields[:len(fields)-1] {
		if w == option && strings.HasPrefix(w, "-") {
			return unicode.IsUpper(rune(fields[i+1][0]))
		}
	}
	return false
}

// values are an option's.
func (a *app) values(option string) []string {
	switch option {
	case "--profile", "-profile", "-p":
		return a.profileNames()
	}
	return nil
}

// typed are the words that are neither options nor their values.
func typed(before []string) []string {
	var list []string
	for i := 0; i < len(before); i++ {
		switch w := before[i]; {
		case w == "=":
			i++
		case !strings.HasPrefix(w, "-"):
			list = append(list, w)
		case takesValue(w) && (i+1 == len(before) || before[i+1] != "="):
			i++
		}
	}
	return list
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
func (a *app) profileNames() []string {
	f, err := a.Load(false)
	if err != nil {
		return nil
	}
	return f.Names()
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

func beginning(begun string, list []string) []string {
	return slices.DeleteFunc(list, func(w string) bool { return !strings.HasPrefix(w, begun) })
}
