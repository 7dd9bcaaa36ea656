// Package helpers is what all protocol adapters share: the seam to the tokens (Source), the one
// target matcher (Target), and the words for what can go wrong (Failure).
//
// A helper turns one protocol's input into a Query and a Credential into that protocol's output. It
// uses no network, sees no refresh token and opens no file (but kubectl's, which remembers
// fingerprints of what it answered; its text says why). A new protocol is a folder beside this file
// and a line in the table of cmd/credential-idcs.
//
// # A call
//
// Read the input (Call.Input, or line by line), find out what can be answered without a
// configuration, only then Call.Open it. Parse where the token would go with one of the parsers of
// Target, ask the Source, Check what it gave, and Print once. What is printed twice, or before the
// answer is known, a client may use although the call failed.
//
// # Failures
//
// The protocols differ in what a failure looks like, but not in what it means: Failure.Class says
// that. A helper returns the Failure, which the program prints for people and turns into the exit
// status, or wraps it in an Exit where its protocol wants another status.
package helpers

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A Source answers helpers. It is their only way to a token. Every error it returns is a *Failure.
//
// A Source serves one call and isn't meant for several goroutines.
type Source interface {
	// Credential returns a credential for query.Target. Failure.Class tells why there is none:
	// NotConfigured if no profile owns the target (known without lock and network).
	Credential(ctx context.Context, query Query) (Credential, error)

	// Owner tells, from the configuration alone, which profile a target belongs to and under which
	// user name and scheme: what Credential would use. The same failures, but no token is touched.
	Owner(query Query) (Owner, error)

	// Refused tells that a server said no to an access token. It is dropped if it still is the
	// stored one and was obtained at least a minute ago; the refresh token stays. No network; it
	// waits a second for a busy lock, then gives up with a Failure of class Temporary.
	Refused(ctx context.Context, query Query, access secret.Text) error

	// Targets lists the configured targets in the order of the configuration, from that alone.
	Targets() ([]Listed, error)

	// Ready reports whether a credential of the profile could be had without a person: a token is stored
	// that lives or can be refreshed, or the profile's login needs nobody. From files alone, no
	// lock, no network; what can't be read isn't ready.
	Ready(profile string) bool
}

// A Query says which credential a helper needs.
type Query struct {
	// Target is where the credential will go. Its zero value asks for the profile's credential
	// without naming a target, which only protocols may do that name none (kubectl without cluster
	// information, pnpm): then the profile is Profile, or cli.md's default order.
	Target Target

	// Profile narrows the search to one profile; empty: the owner of Target.
	Profile string

	// Sole asks, without a Target, for a profile that somebody has named (Profile, the variable) or that
	// is the only one: the file's default must not go to a server that nobody has told us.
	Sole bool

	// Username is the user name that the client insists on. A profile whose configuration sets another
	// one isn't configured for this Query. Empty: any.
	Username string

	// Kind is the token that is wanted.
	Kind Kind

	// Need is the life that the answer should have left, capped at a quarter of the token's whole
	// life; with less left, the token is refreshed first. Zero: 60 s.
	Need time.Duration

	// Half caps Need at half of the whole life instead, for clients that keep an answer. The target's own
	// min_ttl counts then too.
	Half bool

	// Suspect, if not empty, is a hint that a server refused a token: the Fingerprint of the token
	// that was answered last time. If it still is the current token and at least a minute old, one
	// refresh is forced; if that fails, the same token is answered while it lives.
	Suspect string

	// CachedOnly asks for a fresh token out of the cache or nothing (a Failure of class Temporary):
	// no lock, no refresh.
	CachedOnly bool
}

// Kind is the kind of token that a Query wants.
type Kind int

const (
	Access   Kind = iota // the access token
	ID                   // the ID token
	Registry             // the access token, or for a registry of Oracle's that registry's token
	Cluster              // what the profile's `token` setting says, or for an OKE cluster its token
)

// A Credential may leave the program. It has no field for a refresh token, so no helper can leak
// one.
type Credential struct {
	Owner
	Secret secret.Text // bytes 0x21–0x7e only, never empty
	// Expiry is when the credential should be asked for again: 30 s before the token dies while more
	// than 60 s are left, else the time it dies; whole seconds, UTC, never in the past.
	Expiry time.Time
}

// An Owner is what the configuration says of a target.
type Owner struct {
	Profile  string
	Username string
	Scheme   string // "auto", "basic" or "bearer"
	// Named reports whether the configuration sets the user name. Where it doesn't, any will do.
	Named bool
	// Unattended reports whether the profile's login needs no person (a user assertion, the client's own
	// credentials): then it can be repeated where nobody sits.
	Unattended bool
	// Own is whether the target has a credential of its own, which nothing else lives on.
	Own bool
}

// A Listed is a configured target.
type Listed struct {
	Owner
	Target Target
	Tools  []string // the tools that it is for, by the names of configure; none: all
}

// For reports whether the target is for a tool.
func (l Listed) For(tool string) bool {
	return len(l.Tools) == 0 || slices.Contains(l.Tools, Tool(tool))
}

// Tool is the name by which `tools` of a target binds a tool: podman runs docker's helper and OpenTofu
// Terraform's, so nobody can tell these apart.
func Tool(name string) string {
	switch name {
	case "podman":
		return "docker"
	case "tofu":
		return "terraform"
	}
	return name
}

// A Class says what kind of failure it is. The protocols differ in what they print for each; the
// exit status is the same for all that don't say otherwise.
type Class int

const (
	Internal      Class = iota // anything else: the cache folder, a refused value, a bug. Exit 1
	NotConfigured              // no profile owns the target. Exit 5
	LoginNeeded                // a person must log in. Exit 3
	Temporary                  // network, rate limit, pause, busy lock. Exit 4
	Profile                    // a profile's configuration: key file, secret, client refused. Exit 5
	Config                     // the configuration file (or a kubeconfig) can't be used at all. Exit 5
	Malformed                  // input that is no request of the protocol. Exit 1
	Usage                      // wrong arguments. Exit 2
)

// Exit is the exit status of cli.md.
func (c Class) Exit() int {
	switch c {
	case NotConfigured, Profile, Config:
		return 5
	case LoginNeeded:
		return 3
	case Temporary:
		return 4
	case Usage:
		return 2
	}
	return 1
}

// A Failure is why there is no credential, in words for a person.
type Failure struct {
	Class   Class
	Message string // one line, lower case, no full stop, without the program's name; already cleaned
	Command string // the command that mends it, if there is one
	Err     error  // the cause, for errors.Is
}

// Error is the message with its command, on one line.
func (f *Failure) Error() string {
	if f.Command == "" {
		return f.Message
	}
	return f.Message + "; run: " + f.Command
}

func (f *Failure) Unwrap() error { return f.Err }

// Lines is the message for people: a line, and the command behind a tab on a line of its own.
func (f *Failure) Lines() string {
	s := "credential-idcs: " + f.Message + "\n"
	if f.Command != "" {
		s += "\t" + f.Command + "\n"
	}
	return s
}

// Line is the same on one line, for protocols whose client shows only one.
func (f *Failure) Line() string { return "credential-idcs: " + f.Error() + "\n" }

// An Exit ends a call whose protocol decides its exit status or says all there is to say by itself.
type Exit struct {
	Status int
	Err    error // what goes to stderr as the message for people; nil: nothing
}

func (e *Exit) Error() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

func (e *Exit) Unwrap() error { return e.Err }

// A Call is one run of a helper: what a client gave it, and where its answer goes.
type Call struct {
	Args   []string // behind the helper's name and the global flags
	Stdin  io.Reader
	Stdout io.Writer // the protocol's; one Write an answer
	Stderr io.Writer // people's
	// Terminal reports whether a person sits at stdin.
	Terminal bool
	Getenv   func(string) string
	Now      func() time.Time
	// Profile is --profile, given before the action.
	Profile string
	// Open reads the configuration. A helper calls it once it knows that there is something to do:
	// git's store never does. Its error is a *Failure of class Config.
	Open func() (Source, error)
	// GitSection tells whether git's own file has a section for a host and us: then the host was a target
	// once, and silence would be a riddle.
	GitSection func(host string) bool
	// Module and Version are the program's, for protocols that need them.
	Module  string
	Version func() string
}

// A Helper is a protocol adapter: a row in the program's table.
type Helper struct {
	Name  string   // the first argument that selects it: "git"
	Tool  string   // its name in the tools of a target; empty: Name
	Bases []string // base names of argv[0] that select it: "git-credential-idcs"
	// Words are other first arguments that select it and, unlike Name, stay in Args: a client that
	// starts all its helpers with the same words has them there under each name of the program.
	Words []string
	About string // one line for the help
	// Options are those of its own that take a value. The program's own may be before, among and behind them.
	Options []string
	// Usage is how it is run, for -h, --help and who runs it otherwise. Empty: its own words for those
	// say so, and Run answers them.
	Usage string
	// Silent is for clients that show stderr in the middle of their own screen: on exit 0 not a
	// byte goes there, so a Source keeps its warnings to itself.
	Silent bool
	// Converses is for clients that write another request when they have read an answer.
	Converses bool
	// Run does one call. A nil error is exit 0; a *Failure is printed (Lines) and ends with its
	// class's status; an *Exit says both itself. What it returns has not been printed.
	Run func(ctx context.Context, call *Call) error
}
