package signin

import (
	"os"

	"golang.org/x/sys/windows"
)

// letters is a console without line mode and echo. Ctrl-C works, and arrows are read as escape sequences.
type letters struct {
	*os.File
	before uint32
}

func takeLetters(f *os.File) (*letters, error) {
	console := windows.Handle(f.Fd())
	var before uint32
	if err := windows.GetConsoleMode(console, &before); err != nil {
		return nil, err
	}
	without := before&^(windows.ENABLE_LINE_INPUT|windows.ENABLE_ECHO_INPUT) | windows.ENABLE_VIRTUAL_TERMINAL_INPUT
	if err := windows.SetConsoleMode(console, without); err != nil {
		return nil, err
	}
	return &letters{f, before}, nil
}

// restore restores the console's mode and drops input that wasn't read.
func (l *letters) restore() {
	console := windows.Handle(l.Fd())
	_ = windows.FlushConsoleInputBuffer(console)
	_ = windows.SetConsoleMode(console, l.before)
}

// inFront is always true: a console stops no program.
func inFront(*os.File) bool { return true }
