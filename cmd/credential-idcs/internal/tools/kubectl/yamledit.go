package kubectl

import (
	"slices"
	"strings"
)

// ending is how the file ends its lines.
func (d yamlDoc) ending() string {
	if len(d.lines) > 0 && strings.HasSuffix(d.lines[0], "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// head is the line behind "---", where content may begin, if there is none yet.
func (d yamlDoc) head() int {
	for i, l := range d.lines {
		if strings.HasPrefix(l, "---") {
			return i + 1
		}
	}
	return 0
}

// replace puts lines in the place of others. If they end up at the end of a text without a last
// line break, that one has none afterwards either.
func (d yamlDoc) replace(from, to int, with []string) yamlDoc {
	bare := to == len(d.lines) && to > 0 && !strings.HasSuffix(d.lines[to-1], "\n")
	out := slices.Concat(d.lines[:from], with, d.lines[to:])
	if last := len(out) - 1; bare && last >= 0 {
		if from == to { // something new behind the last line
			out[from-1] += d.ending()
		}
		out[last] = body(out[last])
	}
	d.lines = out
	return d
}

// splice puts s in the place of a span of a line.
func (d yamlDoc) splice(line int, at span, s string) yamlDoc {
	l := d.lines[line]
	d.lines = slices.Clone(d.lines)
	d.lines[line] = l[:at.from] + s + l[at.to:]
	return d
}

// join is the text again; never nil, which would mean that there is no file.
func (d yamlDoc) join() []byte { return []byte(strings.Join(d.lines, "")) }
