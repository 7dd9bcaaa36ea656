package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// A report is how outcomes are printed.
type report struct {
	markdown bool
	failures bool // only those
}

func (p report) print(to io.Writer, outcomes []outcome) {
	rows := outcomes
	if p.failures {
		rows = nil
		for _, o := range outcomes {
			if o.verdict == fail {
				rows = append(rows, o)
			}
		}
	}
	if p.markdown {
		p.table(to, rows)
	} else {
		p.lines(to, rows)
	}
	fmt.Fprintf(to, "\n%s\n", tally(outcomes))
}

func (p report) lines(to io.Writer, rows []outcome) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, o := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s (%s)\n", o.verdict, o.rule.level, o.rule.name, o.rule.says, o.rule.source)
		if o.why != "" {
			fmt.Fprintf(w, "\t\t\t  %s\n", o.why)
		}
	}
	_ = w.Flush()
}

func (p report) table(to io.Writer, rows []outcome) {
	fmt.Fprint(to, "| rule | | says | source | | why |\n|---|---|---|---|---|---|\n")
	for _, o := range rows {
		cells := []string{o.rule.name + " (" + o.rule.id + ")", string(o.rule.level), o.rule.says, o.rule.source, string(o.verdict), o.why}
		for i, c := range cells {
			cells[i] = strings.ReplaceAll(c, "|", `\|`)
		}
		fmt.Fprintf(to, "| %s |\n", strings.Join(cells, " | "))
	}
}

// tally counts the outcomes of each level.
func tally(outcomes []outcome) string {
	count := map[level]map[verdict]int{must: {}, should: {}}
	for _, o := range outcomes {
		count[o.rule.level][o.verdict]++
	}
	line := func(l level) string {
		c := count[l]
		return fmt.Sprintf("%s: %d kept, %d broken, %d not applicable", l, c[pass], c[fail], c[na])
	}
	return line(must) + "; " + line(should)
}
