package call

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// What --debug and CREDENTIAL_IDCS_DEBUG show is the way to a decision: which profile, which zone, who
// held the lock, what the domain said. No line has a secret: nothing that logs is ever given one but
// as a secret.Text, which prints as its length.

// Log is where that goes, nil if nobody wants it: then nothing is made, and a call that is
// answered from the cache costs what it costs without.
func (a *App) Log() func(msg string, args ...any) {
	if a.mute {
		return a.logger
	}
	to := a.Getenv("CREDENTIAL_IDCS_DEBUG")
	if !a.Debug && (to == "" || to == "0") {
		return nil
	}
	a.mute = true // asked once; a log that can't be had keeps no token back
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

// inert takes out of a value what a shell would act on. A variable names the log, and the log
// has paths that a repository chose: together they must not make a program of a file that some shell reads.
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
	switch f := helpers.AsFailure(err); {
	case err == nil:
		log("done")
	case f.Message == "":
		log("ended without an answer")
	default:
		log("ended without an answer", "class", f.Class.Exit(), "why", f.Message)
	}
	a.journal.close()
	a.journal, a.logger = nil, nil // who comes later logs nothing: mute stays
}

// logs reports whether a helper with these arguments keeps a log.
func (a *App) logs(args []string) bool {
	to := a.Getenv("CREDENTIAL_IDCS_DEBUG")
	return a.Debug || to != "" && to != "0" || slices.Contains(args, "--debug")
}

// withoutDebug takes --debug out of a helper's arguments, wherever it is.
func (a *App) withoutDebug(args []string) []string {
	if !slices.Contains(args, "--debug") {
		return args
	}
	a.Debug = true
	return slices.DeleteFunc(slices.Clone(args), func(s string) bool { return s == "--debug" })
}

// A journal writes lines from a goroutine of its own. Whoever logs may hold the lock and a refresh
// token that isn't stored yet, and must never wait for a reader of stderr who has stopped reading.
type journal struct {
	lines chan []byte
	done  chan struct{}
}

// patience is how long the end of the program waits for the last lines to be taken.
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

// Write takes one line. It never waits: what nobody takes is lost.
func (j *journal) Write(line []byte) (int, error) {
	select {
	case j.lines <- slices.Clone(line):
	default:
	}
	return len(line), nil
}

// close writes what is left. Nobody logs behind it.
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
