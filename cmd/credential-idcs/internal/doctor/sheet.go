package doctor

import (
	"fmt"
	"io"
)

// A Sheet is where findings are written as they are found.
type Sheet struct {
	Out   io.Writer // people's, or a pipe
	Color bool      // Out is a terminal that shows colours
}

// Write is a line a finding, and the command behind a tab on a line of its own.
func (s Sheet) Write(f Finding) {
	level := fmt.Sprintf("%-7s", f.Level)
	if s.Color {
		color := [...]string{OK: "32", Warning: "33", Error: "31"}[f.Level]
		level = "\x1b[" + color + "m" + level + "\x1b[0m"
	}
	line := level + "  " + f.Text + "\n"
	if f.Command != "" {
		line += "\t" + f.Command + "\n"
	}
	_, _ = io.WriteString(s.Out, line)
}
