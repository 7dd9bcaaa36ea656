package call

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// An App is one run of the program: the process and the flags that all of it understands.
type App struct {
	*host.Process
	Config  string       // --config
	Profile string       // --profile
	File    *config.File // once it is loaded
	Silent  bool         // nothing but failures may go to stderr
	Debug   bool         // --debug
	tool    string       // the helper that runs, by the name of a target's tools; empty: none

	renew      Renewer
	unanswered bool // the files alone don't have the answer; see first
	noticed    map[string]bool
	journal    *journal
	logger     func(msg string, args ...any) // writes to journal; see Log
	mute       bool                          // Log has decided: logger is the log, or there is none
}

// Run does what the process was started for, if that is one call of a helper, and returns its exit
// status. Otherwise answered is false, and nothing was done. Without renew the files alone must have the
// answer; if they don't, answered is false, nothing was printed, and p has its input again.
func Run(ctx context.Context, p *host.Process, renew Renewer) (status int, answered bool) {
	if renew == nil {
		return first(ctx, p)
	}
	a := &App{Process: p, renew: renew}
	h, args := a.helper()
	if h == nil && p.Refusal == "" {
		return 0, false
	}
	return a.End(a.call(ctx, h, args)), true
}

// End says why a run failed, ends its log, and returns the exit status of the process.
func (a *App) End(err error) (status int) {
	a.endLog(err)
	if err == nil {
		return 0
	}
	if s, ok := errors.AsType[*cache.SignalError](err); ok {
		return 128 + s.Number
	}
	if e, ok := errors.AsType[*helpers.Exit](err); ok {
		if e.Err != nil {
			a.Tell(e.Err)
		}
		return e.Status
	}
	err = unwritten(err)
	a.Tell(err)
	return helpers.AsFailure(err).Class.Exit()
}

// unwritten is err with the system's reason for output that couldn't be written, such as a full disk: a person
// can mend that.
func unwritten(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok && e.Op == "write" && helpers.AsFailure(err).Message == "internal error" {
		return &helpers.Failure{Class: helpers.Internal, Message: "the output could not be written: " + e.Err.Error(), Err: err}
	}
	return err
}

// Say writes lines for people.
//
//go:noinline
func (a *App) Say(lines string) { _, _ = io.WriteString(a.Stderr, lines) }

// Tell says why something failed, and the command that mends it.
func (a *App) Tell(err error) {
	f := *helpers.AsFailure(err)
	f.Command = a.Typed(f.Command)
	a.Say(f.Lines())
}

// Typed is a command of ours as a person must type it: with --config where this run has another than the usual one.
func (a *App) Typed(command string) string {
	if a.Config == "" || !strings.HasPrefix(command, ourName) && !strings.Contains(command, "&& "+ourName) || strings.HasPrefix(command, ourName+"help ") {
		return command
	}
	path, err := a.ConfigPath(false)
	without := App{Process: a.Process}
	if usual, _ := without.ConfigPath(false); err != nil || path == usual {
		return command
	}
	return command + " --config " + text.Word(path)
}

const ourName = "credential-idcs "

// Notice prints a line for people that is no failure: the run goes on. Each line is printed once in a run.
func (a *App) Notice(line string) {
	if a.Silent || a.noticed[line] {
		return
	}
	if a.noticed == nil {
		a.noticed = map[string]bool{}
	}
	a.noticed[line] = true
	a.Say("credential-idcs: " + line + "\n")
}

// Warn prints failures that didn't prevent an answer.
func (a *App) Warn(p *config.Profile, warnings []error) {
	if a.Silent {
		return
	}
	for _, w := range warnings {
		if unsaved := new(cache.NotSavedError); a.tool == "docker" && !errors.As(w, &unsaved) {
			continue // docker would show it in the middle of its own output, and a person has nothing to do
		}
		a.Tell(Explain(p.Name, w))
	}
}

// Load reads the configuration. Its error is a *helpers.Failure of class Config. A helper takes no
// relative path; see ConfigPath.
func (a *App) Load(helper bool) (*config.File, error) {
	path, err := a.ConfigPath(helper)
	if err != nil {
		return nil, err
	}
	f, err := config.LoadAt(path, a.places())
	for n := 0; helper && n < looks && unfinished(f, err); n++ {
		time.Sleep(pause)
		f, err = config.LoadAt(path, a.places())
	}
	if err != nil {
		return nil, ExplainConfig(err)
	}
	a.File = f
	return f, nil
}

// A helper that finds no profile, or a mistake, looks again for a fifth of a second: somebody may be saving
// the file, and many editors move it away first, or empty it.
const (
	looks = 10
	pause = 20 * time.Millisecond
)

// unfinished reports whether a configuration may be one that is being written.
func unfinished(f *config.File, err error) bool {
	if err != nil {
		_, mistake := errors.AsType[*config.Error](err)
		return mistake
	}
	if f.Missing {
		_, err := os.Stat(filepath.Dir(f.Path))
		return err == nil
	}
	return len(f.Profiles) == 0
}

// SecretVariables are the names of the environment variables that hold a secret of any profile. No program
// that we run inherits them.
func (a *App) SecretVariables() (names []string) {
	if a.File == nil {
		return nil
	}
	for _, p := range a.File.Profiles {
		if p.Client != nil && p.Client.SecretEnv != "" {
			names = append(names, p.Client.SecretEnv)
		}
		if p.OCI != nil && p.OCI.Principal == config.PrincipalResource {
			names = append(names, config.ResourceSecrets...)
		}
	}
	return names
}
