// Package doctor looks for what is wrong with a set-up, before git, docker or kubectl fail over it:
// the profile's files, the domain, this machine's clock, and what the tools are set to.
//
// # Findings
//
// A Finding is a fact, how bad it is, and the command that mends it, if there is one. An error makes calls fail; a
// warning may surprise, or give a token to somebody else. What works is reported too, so that a person sees what
// was checked. A tool that isn't installed is no finding. Neither is a target that some tools aren't set up for:
// unless its "tools" are listed, it may be a git server, a registry or a cluster.
//
// # What it doesn't do
//
// It changes nothing and spends nothing. The domain gets one request a profile, to revoke a made-up token: it checks
// the client before it answers (RFC 7009 2.2), so the client's proof is really tried, and no refresh token is at
// risk. Where a tool's own command only reads files, it is used: git knows best what its includes lead to, and
// kubectl how its files are merged.
package doctor

import (
	"context"
	"io"
	"net/url"
	"os/exec"
	"time"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A Finding is one fact.
type Finding = tool.Finding

// The levels of findings.
const (
	OK      = tool.OK
	Warning = tool.Warning
	Error   = tool.Error
)

// A Level is how bad a finding is.
type Level = tool.Level

// A Doctor looks at one machine. All fields but Busy are needed; it isn't meant for several goroutines.
type Doctor struct {
	Report func(Finding)
	Busy   func(what string) // something begins that takes time; empty: it is over

	Engine func(*config.Profile) (*engine.Engine, error) // its error is a *helpers.Failure
	// Target is Engine for a target whose credential is derived; nil: for the principal itself.
	Target  func(*config.Profile, *config.Target) (*engine.Engine, error)
	Explain func(*config.Profile, error) *helpers.Failure
	Mend    func(*config.Profile, error) string // the command for a file's fault
	Advice  func(*config.Profile, error) string // what an administrator must set, or empty

	Proxy   func(*url.URL) (*url.URL, error)
	Now     func() time.Time
	Getenv  func(string) string
	Environ func() []string
	Home    string       // empty: not known
	Self    string       // this program's file
	Config  string       // the configuration's, absolute
	File    *config.File // what it says; nil: not read

	EngineFiles []string          // where docker's engine has its configuration, usually
	Unnamed     string            // the profile of a call that names none; empty: there is none
	Dir         string            // the working directory
	Others      []*config.Profile // profiles of the configuration that are not looked at

	// RunContainers is the folder of podman's logins where XDG_RUNTIME_DIR is not set, /run/containers/UID;
	// empty: there is none.
	RunContainers string

	check, profile string // what is being looked at
}

//go:noinline
func (d *Doctor) ok(said string) {
	d.Report(Finding{Level: OK, Text: said, Check: d.check, Profile: d.profile})
}

//go:noinline
func (d *Doctor) warn(said, command string) {
	d.Report(Finding{Level: Warning, Text: said, Command: command, Check: d.check, Profile: d.profile})
}

// problem is an error. Without a command it is the configuration that a person has to change.
func (d *Doctor) problem(said, command string) {
	if command == "" && d.Config != "" {
		command = text.Edit(d.Config)
	}
	d.Report(Finding{Level: Error, Text: said, Command: command, Check: d.check, Profile: d.profile})
}

//go:noinline
func (d *Doctor) busy(what string) {
	if d.Busy != nil {
		d.Busy(what)
	}
}

// toolLimit is how long a tool may take to print its settings.
const toolLimit = 20 * time.Second

// output runs a tool and returns what it printed, and its exit status; -1 if it has none.
func (d *Doctor) output(ctx context.Context, path string, args ...string) (string, int) {
	ctx, cancel := context.WithTimeout(ctx, toolLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.Dir, cmd.Stderr = d.Environ(), d.Dir, io.Discard
	cmd.WaitDelay = time.Second
	out, _ := cmd.Output()
	if cmd.ProcessState == nil {
		return "", -1
	}
	return string(out), cmd.ProcessState.ExitCode()
}
