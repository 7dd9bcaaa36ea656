package main

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// The recording at the top of the README is drawn from docs/demo.md, which another test compares with a
// run: what it shows is what the program prints.
func TestRecordingIsDrawnFromTheTranscript(t *testing.T) {
	steps := recorded(t)
	for name, c := range map[string]colours{
		"demo-light.svg": {page: "#ffffff", edge: "#d0d7de", text: "#1f2328", faint: "#59636e", typed: "#0550ae", good: "#116329"},
		"demo-dark.svg":  {page: "#0d1117", edge: "#3d444d", text: "#f0f6fc", faint: "#9198a1", typed: "#79c0ff", good: "#7ee787"},
	} {
		path := filepath.Join("..", "..", "docs", name)
		want := draw(steps, c)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("docs/%s isn't drawn from docs/demo.md; go test ./e2e/demo -update draws it anew (%v)", name, err)
		}
	}
}

// A step is what appears at once: a command, or what came back.
type step []string

// recorded are the steps of the transcript from the login to the refresh. Of a long output the middle is
// left out.
func recorded(t *testing.T) (steps []step) {
	t.Helper()
	b, err := os.ReadFile(transcriptPage)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begins := strings.Cut(string(b), "\n## One login\n")
	part, _, ends := strings.Cut(rest, "\n## And out again\n")
	if !begins || !ends {
		t.Fatalf("%s has no login, or no end", transcriptPage)
	}
	for line := range strings.SplitSeq("## One login\n"+strings.TrimSpace(part), "\n") {
		line = strings.ReplaceAll(line, "\t", "    ")
		switch {
		case line == "":
		case len(steps) == 0, strings.HasPrefix(line, "$ "), strings.HasPrefix(line, "## "), strings.HasPrefix(steps[len(steps)-1][0], "$ "):
			steps = append(steps, step{line})
		default:
			steps[len(steps)-1] = append(steps[len(steps)-1], line)
		}
	}
	for i, s := range steps {
		if len(s) > 8 {
			steps[i] = append(append(step{}, s[:2]...), append(step{"    …"}, s[len(s)-2:]...)...)
		}
	}
	return steps
}

// The colours of a recording, one for each kind of line.
type colours struct{ page, edge, text, faint, typed, good string }

func (c colours) of(line string) string {
	switch {
	case strings.HasPrefix(line, "$ "):
		return c.typed
	case strings.HasPrefix(line, "# the domain"), strings.HasPrefix(line, "# no server"):
		return c.good
	case strings.HasPrefix(line, "#"):
		return c.faint
	}
	return c.text
}

const (
	width, rows  = 100, 22
	advance      = 7.8 // of a character
	lineHeight   = 18
	margin       = 16
	secondsAStep = 1.6
)

// draw is a picture that moves: lines appear step by step, and the oldest leave at the top. Who doesn't
// want motion sees the end of it.
func draw(steps []step, c colours) string {
	var lines, style strings.Builder
	total := secondsAStep * float64(len(steps)+3) // the end stays a while
	row := 0
	var scroll []string
	for i, s := range steps {
		at := 100 * secondsAStep * float64(i) / total
		fmt.Fprintf(&style, "@keyframes s%d{0%%,%.2f%%{opacity:0}%.2f%%,100%%{opacity:1}}.s%d{animation:s%d %.1fs infinite step-end}\n", i, at, at+.01, i, i, total)
		for _, line := range s {
			if utf8.RuneCountInString(line) > width {
				line = string([]rune(line)[:width-1]) + "…"
			}
			row++
			fmt.Fprintf(&lines, "<text class=\"s%d\" y=\"%d\" fill=\"%s\">%s</text>\n", i, row*lineHeight-5, c.of(line), html.EscapeString(line))
		}
		scroll = append(scroll, fmt.Sprintf("%.2f%%{transform:translateY(%dpx)}", at, -max(0, row-rows)*lineHeight))
	}
	last := -max(0, row-rows) * lineHeight
	fmt.Fprintf(&style, "@keyframes scroll{%s 100%%{transform:translateY(%dpx)}}\n", strings.Join(scroll, ""), last)
	w, h := int(width*advance)+2*margin, rows*lineHeight+2*margin
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img">
<title>credential-idcs: one login, then git, docker and kubectl use its token</title>
<style>
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre}
.all{transform:translateY(%[3]dpx);animation:scroll %.1[4]fs infinite step-end}
%[5]s@media (prefers-reduced-motion:reduce){*{animation:none!important}}
</style>
<rect x=".5" y=".5" width="%[6]d" height="%[7]d" rx="6" fill="%[8]s" stroke="%[9]s"/>
<svg x="%[10]d" y="%[10]d" width="%[11]d" height="%[12]d"><g class="all">
%[13]s</g></svg>
</svg>
`, w, h, last, total, style.String(), w-1, h-1, c.page, c.edge, margin, w-2*margin, h-2*margin+6, lines.String())
}
