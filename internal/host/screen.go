package host

import (
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"
)

// A Screen is the terminal of an output. The zero Screen is a pipe.
type Screen struct {
	Terminal      bool
	Columns, Rows int  // 0: unknown
	Blocks        bool // shows block characters and colours, so a QR code can be drawn
}

// LookAt finds out what f is. A terminal with TERM=dumb counts as a pipe, since it can't rewrite a line.
func LookAt(f *os.File, getenv func(string) string) Screen {
	if !term.IsTerminal(int(f.Fd())) || getenv("TERM") == "dumb" {
		return Screen{}
	}
	s := Screen{Terminal: true, Blocks: utf8Locale(getenv)}
	if runtime.GOOS == "windows" { // the old console shows escape sequences as text
		s.Blocks = getenv("WT_SESSION") != ""
	}
	if columns, rows, err := term.GetSize(int(f.Fd())); err == nil {
		s.Columns, s.Rows = columns, rows
	}
	return s
}

// utf8Locale reports whether the locale has UTF-8: the first of these variables that is set decides (POSIX,
// Internationalization Variables).
func utf8Locale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return runtime.GOOS == "darwin" // Terminal.app sets none for a region without a locale
}
