package edit

import (
	"fmt"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Diff is the change as `diff -u` prints it.
func (c Change) Diff() string {
	before, after := c.Before, c.After
	if c.View != nil {
		before, after = c.View(before), c.View(after)
	}
	from, to := c.Path, c.Path
	if c.Before == nil {
		from = "/dev/null"
	}
	if c.After == nil {
		to = "/dev/null"
	}
	return fmt.Sprintf("--- %s\n+++ %s\n", text.Line(from), text.Line(to)) + hunks(script(Lines(before), Lines(after)), c.Context)
}

// A row is a line of the diff: ' ', '-' or '+', and the line with its ending.
type row struct {
	op   byte
	line string
}

// Lines splits a text after each LF; the last line may have none.
func Lines(b []byte) []string {
	s := strings.SplitAfter(string(b), "\n")
	if s[len(s)-1] == "" {
		s = s[:len(s)-1]
	}
	return s
}

// tableLimit is the largest size of the table below. Texts that need a larger one are shown as one replacement.
const tableLimit = 4 << 20

// script finds the longest common subsequence with the usual table. Equal lines at both ends are cut off first, so the
// table is small.
func script(a, b []string) []row {
	var head, tail []row
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head = append(head, row{' ', a[0]})
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append(tail, row{' ', a[len(a)-1]})
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	out := append(head, middle(a, b)...)
	for i := len(tail) - 1; i >= 0; i-- {
		out = append(out, tail[i])
	}
	return out
}

func middle(a, b []string) []row {
	var out []row
	w := len(b) + 1
	var common []int32 // common[i*w+j]: length of the longest common subsequence of a[i:] and b[j:]
	if (len(a)+1)*w <= tableLimit {
		common = make([]int32, (len(a)+1)*w)
		for i := len(a) - 1; i >= 0; i-- {
			for j := len(b) - 1; j >= 0; j-- {
				if a[i] == b[j] {
					common[i*w+j] = common[(i+1)*w+j+1] + 1
				} else {
					common[i*w+j] = max(common[(i+1)*w+j], common[i*w+j+1])
				}
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case common != nil && i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, row{' ', a[i]})
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || common == nil || common[(i+1)*w+j] >= common[i*w+j+1]):
			out = append(out, row{'-', a[i]})
			i++
		default:
			out = append(out, row{'+', b[j]})
			j++
		}
	}
	return out
}

// hunks groups the edits, each group with n unchanged lines around it.
func hunks(edits []row, n int) string {
	var out strings.Builder
	oldLine, newLine := 1, 1 // of edits[i]
	for i := 0; i < len(edits); {
		if edits[i].op == ' ' {
			i, oldLine, newLine = i+1, oldLine+1, newLine+1
			continue
		}
		start := max(0, i-n)
		end := i // behind the last changed line of this hunk
		for k := i; k < len(edits) && k <= end+2*n; k++ {
			if edits[k].op != ' ' {
				end = k + 1
			}
		}
		end = min(len(edits), end+n)
		writeHunk(&out, edits[start:end], oldLine-(i-start), newLine-(i-start))
		for ; i < end; i++ {
			if edits[i].op != '+' {
				oldLine++
			}
			if edits[i].op != '-' {
				newLine++
			}
		}
	}
	return out.String()
}

func writeHunk(out *strings.Builder, edits []row, oldLine, newLine int) {
	var oldN, newN int
	for _, e := range edits {
		if e.op != '+' {
			oldN++
		}
		if e.op != '-' {
			newN++
		}
	}
	// An empty side is named by the line before it.
	if oldN == 0 {
		oldLine--
	}
	if newN == 0 {
		newLine--
	}
	fmt.Fprintf(out, "@@ -%d,%d +%d,%d @@\n", oldLine, oldN, newLine, newN)
	for _, e := range edits {
		out.WriteByte(e.op)
		line, crlf := strings.CutSuffix(strings.TrimSuffix(e.line, "\n"), "\r")
		out.WriteString(text.Line(line)) // a kubeconfig may come from a stranger
		if crlf {
			out.WriteByte('\r')
		}
		out.WriteByte('\n')
		if !strings.HasSuffix(e.line, "\n") {
			out.WriteString("\\ No newline at end of file\n")
		}
	}
}
