package call

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// --debug and CREDENTIAL_IDCS_DEBUG show how a decision was made: which profile, which zone, who held the lock,
// what the domain answered. No line has a secret: what logs has secrets only as secret.Text, which prints as its
// length.

// Log returns the function that writes a line to the debug log, nil if there is no log. Callers test for nil
// first, so that a cached answer without a log pays nothing for it.
func (a *App) Log() func(msg string, args ...any) {
	if a.mute {
		return a.logger
	}
	to := a.Getenv("CREDENTIAL_IDCS_DEBUG")
	if !a.Debug && (to == "" || to == "0") {
		return nil
	}
	a.mute = true // decided once; a log that can't be opened doesn't prevent the answer
	w := a.Stderr
	switch {
	case filepath.IsAbs(to):
		f, err := openLog(filepath.Clean(to))
		if err != nil {
			a.Say("credential-idcs: the debug log can't be used: " + err.Error() + "\n")
			return nil
		}
		w = f
	case to != "" && to != "0" && to != "1":
		a.Notice("CREDENTIAL_IDCS_DEBUG is ignored, it is neither 1 nor an absolute path")
		if !a.Debug {
			return nil
		}
	}
	a.journal = newJournal(w)
	a.logger = slog.New(slog.NewTextHandler(a.journal, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: inert})).
		With("pid", os.Getpid()).Debug
	return a.logger
}

// logHead begins every line that slog writes.
const logHead = "time="

// inert replaces the characters of a value that a shell acts on. A variable chooses the log's file, and a
// repository chooses paths in the log: together they could write commands into a file that a shell reads.
func inert(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() != slog.KindString {
		return a
	}
	a.Value = slog.StringValue(strings.Map(func(r rune) rune {
		if strings.ContainsRune("$`;&|<>", r) {
			return '?'
		}
		return r
	}, a.Value.String()))
	return a
}

// endLog writes how the run ended, and all that isn't written yet.
func (a *App) endLog(err error) {
	log := a.Log()
	if log == nil {
		return
	}
	exit, silent := errors.AsType[*helpers.Exit](err)
	switch f := helpers.AsFailure(err); {
	case err == nil:
		log("done")
	case silent && exit.Err == nil:
		log("ended without an answer", "class", exit.Status)
	case f.Message == "":
		log("ended without an answer")
	default:
		log("ended without an answer", "class", f.Class.Exit(), "why", f.Message)
	}
	a.journal.close()
	a.journal, a.logger = nil, nil // mute stays, so nothing is logged after this
}

// logs reports whether a call with these arguments has a debug log.
func (a *App) logs(args []string) bool {
	to := a.Getenv("CREDENTIAL_IDCS_DEBUG")
	return a.Debug || to != "" && to != "0" || slices.Contains(args, "--debug")
}

// withoutDebug removes --debug from a helper's arguments, wherever it is, and sets a.Debug.
func (a *App) withoutDebug(args []string) []string {
	if !slices.Contains(args, "--debug") {
		return args
	}
	a.Debug = true
	return slices.DeleteFunc(slices.Clone(args), func(s string) bool { return s == "--debug" })
}

// A journal writes lines from a goroutine of its own. The code that logs may hold the lock and a refresh token
// that isn't stored yet, so it must never wait for a reader of stderr that has stopped reading.
type journal struct {
	lines chan []byte
	done  chan struct{}
}

// patience is how long the program waits at its end for the last lines to be written.
const patience = time.Second

func newJournal(w io.Writer) *journal {
	j := &journal{lines: make(chan []byte, 256), done: make(chan struct{})}
	go func() {
		defer close(j.done)
		for line := range j.lines {
			_, _ = w.Write(line)
		}
	}()
	return j
}

// Write takes one line. It never waits: if 256 lines wait already, the line is lost.
func (j *journal) Write(line []byte) (int, error) {
	select {
	case j.lines <- slices.Clone(line):
	default:
	}
	return len(line), nil
}

// close writes what is left. Nothing may be logged after it.
func (j *journal) close() {
	if j == nil {
		return
	}
	close(j.lines)
	select {
	case <-j.done:
	case <-time.After(patience):
	}
}
