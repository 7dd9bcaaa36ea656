package doctor

import (
	"encoding/json"
	"fmt"
	"io"
)

// A Sheet prints findings.
type Sheet struct {
	Out   io.Writer // people's, or a pipe
	Color bool      // Out is a terminal that shows colours
}

// Write prints a finding on one line, and its command behind a tab on the next.
func (s Sheet) Write(f Finding) error {
	level := fmt.Sprintf("%-7s", f.Level)
	if s.Color {
		color := [...]string{OK: "32", Warning: "33", Error: "31"}[f.Level]
		level = "\x1b[" + color + "m" + level + "\x1b[0m"
	}
	line := level + "  " + f.Text + "\n"
	if f.Command != "" {
		line += "\t" + f.Command + "\n"
	}
	_, err := io.WriteString(s.Out, line)
	return err
}

// JSON is the output of doctor --json: an array of objects, with a line break at its end.
func JSON(findings []Finding) ([]byte, error) {
	type object struct {
		Level   string `json:"level"`
		Check   string `json:"check"`
		Profile string `json:"profile"`
		Message string `json:"message"`
		Command string `json:"command"`
	}
	list := make([]object, 0, len(findings))
	for _, f := range findings {
		list = append(list, object{f.Level.String(), f.Check, f.Profile, f.Text, f.Command})
	}
	b, err := json.MarshalIndent(list, "", "  ")
	return append(b, '\n'), err
}
