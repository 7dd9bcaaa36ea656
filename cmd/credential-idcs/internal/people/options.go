package people

import (
	"flag"
	"io"
	"slices"
	"strings"
	"time"
)

// options are the options of a command, in the order of its help, which a FlagSet doesn't store. The usage of each
// has the name of its value between `backquotes`; see flag.UnquoteUsage.
type options struct {
	*flag.FlagSet
	order []string
}

// set is the FlagSet, made when it is first used.
func (o *options) set() *flag.FlagSet {
	if o.FlagSet == nil {
		o.FlagSet = flag.NewFlagSet("", flag.ContinueOnError)
		o.SetOutput(io.Discard)
		o.Usage = func() {}
	}
	return o.FlagSet
}

// switched adds an option without a value.
func (o *options) switched(name, usage string) *bool {
	o.order = append(o.order, name)
	return o.set().Bool(name, false, usage)
}

// value adds an option with any text as its value.
func (o *options) value(to *string, name, usage string) {
	o.order = append(o.order, name)
	o.set().StringVar(to, name, "", usage)
}

// duration adds an option with a duration as its value.
func (o *options) duration(name, usage string) *time.Duration {
	o.order = append(o.order, name)
	return o.set().Duration(name, 0, usage)
}

// list adds an option that may be given several times.
func (o *options) list(to *[]string, name, usage string) {
	o.each(name, usage, func(s string) { *to = append(*to, s) })
}

// each adds an option that may be given several times; take is called for each value.
func (o *options) each(name, usage string, take func(string)) {
	o.order = append(o.order, name)
	o.set().Func(name, usage, func(s string) error {
		take(s)
		return nil
	})
}

// dashed is an option as people write it, "-p" or "--profile". Package flag writes it with one dash, or without.
func dashed(name string) string {
	if name = strings.TrimLeft(name, "-"); len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// isSwitch reports whether an option takes no value.
func isSwitch(o *flag.Flag) bool {
	b, ok := o.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// written is an option with the name of its value: "--min-ttl DURATION".
func written(o *flag.Flag) string {
	if isSwitch(o) {
		return dashed(o.Name)
	}
	value, _ := flag.UnquoteUsage(o)
	return dashed(o.Name) + " " + value
}

// wide is how long an option may be to be on one line with its text.
const wide = 20

// help is the table of some of the options. Those of one tool needn't name it.
func (o *options) help(names []string, tool string) string {
	column := 0
	for _, name := range names {
		if n := len(written(o.Lookup(name))); n <= wide {
			column = max(column, n)
		}
	}
	var b strings.Builder
	for _, name := range names {
		f := o.Lookup(name)
		_, usage := flag.UnquoteUsage(f)
		if whose, what, found := strings.Cut(usage, ": "); found && slices.Contains(strings.Split(whose, ", "), tool) {
			usage = what
		}
		head := written(f)
		if len(head) > column {
			b.WriteString("  " + head + "\n")
			head = ""
		}
		for _, line := range wrap(usage, 80-column-5) {
			b.WriteString("  " + head + strings.Repeat(" ", column-len(head)+3) + line + "\n")
			head = ""
		}
	}
	return b.String()
}

// wrap breaks s into lines of at most limit bytes.
func wrap(s string, limit int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && len(line)+1+len(word) > limit {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
