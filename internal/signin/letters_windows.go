package signin

import (
	"os"

	"golang.org/x/sys/windows"
)

// letterMode takes a console out of its line mode and turns its echo off; Ctrl-C goes on working.
// Arrows arrive as escape sequences.
func letterMode(f *os.File) (restore func(), err error) {
	console := windows.Handle(f.Fd())
	var before uint32
	if err := windows.GetConsoleMode(console, &before); err != nil {
		return nil, err
	}
	letters := before&^(windows.ENABLE_LINE_INPUT|windows.ENABLE_ECHO_INPUT) | windows.ENABLE_VIRTUAL_TERMINAL_INPUT
	if err := windows.SetConsoleMode(console, letters); err != nil {
		return nil, err
	}
	return func() {
		_ = windows.FlushConsoleInputBuffer(console)
		_ = windows.SetConsoleMode(console, before)
	}, nil
}

// inFront is always so: a console stops nobody.
func inFront(*os.File) bool { return true }
