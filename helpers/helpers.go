// Package helpers has what all protocols share: the interface to the tokens (Source), the comparison of addresses with
// targets (Target), and the kinds of failures (Failure).
//
// A helper makes a Query of one protocol's input, and that protocol's output of a Credential. It uses no network, has no
// refresh token and opens no file (only kubectl's stores fingerprints of its answers; its documentation has the reason).
// A new protocol is a folder beside this file and a row in the table of cmd/credential-idcs.
//
// # A call
//
// Read the input (Call.Input, or line by line), answer what needs no configuration, and only then call Call.Open. Read the
// address with one of the parsers of Target, get the credential from the Source, Check it, and Print once. If a helper
// printed twice, or before it has the whole answer, a client might use a part of it although the call failed.
//
// # Failures
//
// The protocols print failures in different ways, but the kinds are the same: Failure.Class. A helper returns the Failure,
// which the program prints for people and turns into the exit status, or wraps it in an Exit if its protocol demands
// another status.
package helpers

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A Source has the configuration and the tokens. It is a helper's only way to a token. Every error is a *Failure.
//
// A Source is for one call and one goroutine.
type Source interface {
	// Credential returns a credential for query.Target. Failure.Class is why there is none: NotConfigured if no profile
	// owns the target, which needs no lock and no network.
	Credential(ctx context.Context, query Query) (Credential, error)

	// Owner returns, from the configuration alone, the profile, user name and scheme that Credential would use. Its
	// failures are the same, but no token is read.
	Owner(query Query) (Owner, error)

	// Refused reports that a server refused an access token. If it is still the stored one, and was obtained at least a
	// minute ago, it is dropped; the refresh token stays. It uses no network, and waits at most a second for a lock: then
	// it is a Failure of class Temporary.
	Refused(ctx context.Context, query Query, access secret.Text) error

	// Targets lists the configured targets in the order of the configuration.
	Targets() ([]Listed, error)

	// Ready reports whether a credential of the profile can be had without a person: a stored token hasn't expired or can
	// be refreshed, or the profile's login needs no person. It uses no lock and no network; a profile whose files can't be
	// read isn't ready.
	Ready(profile string) bool
}

// A Query has which credential a helper needs.
type Query struct {
	// Target is where the credential will go. The zero Target is only for protocols that don't tell it (kubectl without
	// cluster information, pnpm): then the profile is Profile, else that of CREDENTIAL_IDCS_PROFILE, the default, or the
	// only one.
	Target Target

	// Profile limits the search to one profile; empty: the owner of Target.
	Profile string

	// Sole is for a Query without a Target: the profile must be named (Profile, the variable) or the only one. The token
	// of the default profile must not go to an unknown server.
	Sole bool

	// Username is the user name that the client demands. A profile with another one in its configuration is
	// NotConfigured for this Query. Empty: any.
	Username string

	// Kind is the kind of token.
	Kind Kind

	// Need is the life that the answer should have left, at most a quarter of the token's whole life; with less left, the
	// token is refreshed first. Zero: 60 s.
	Need time.Duration

	// Half: at most half of the whole life instead, for clients that cache an answer. The target's own min_ttl counts
	// then, too.
	Half bool

	// Suspect, if not empty, is a hint that a server refused a token: the Fingerprint of the last answer's token. If that
	// is still the current token and at least a minute old, one refresh is forced; if that fails, the same token is
	// returned until it expires.
	Suspect string

	// CachedOnly: only a fresh token from the cache, else a Failure of class Temporary. No lock and no refresh.
	CachedOnly bool
}

// Kind is the kind of token of a Query.
type Kind int

const (
	Access   Kind = iota // the access token
	ID                   // the ID token
	Registry             // the access token, or for a registry of Oracle's that registry's token
	Cluster              // access or ID token by the profile's `token` setting, or for an OKE cluster its token
)

// A Credential is what leaves the program. It has no field for a refresh token, so no helper can leak one.
type Credential struct {
	Owner
	Secret secret.Text // bytes 0x21–0x7e only, never empty
	// Expiry is when a client should get another one: 30 s before the token expires while more than 60 s are left, else
	// when it expires; whole seconds, UTC, never in the past.
	Expiry time.Time
}

// An Owner is the configuration of a target.
type Owner struct {
	Profile  string
	Username string
	Scheme   string // "auto", "basic" or "bearer"
	// Named: the configuration sets the user name. If it doesn't, any is accepted.
	Named bool
	// Unattended: the profile's login needs no person (a user assertion, the client's own credentials).
	Unattended bool
	// Own: the target has a credential of its own, which no other target uses.
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

// Tool is a tool's name in `tools` of a target: podman runs docker's helper and OpenTofu runs Terraform's, so those are
// one.
func Tool(name string) string {
	switch name {
	case "podman":
		return "docker"
	case "tofu":
		return "terraform"
	}
	return name
}

// A Class is a kind of failure. What is printed for it depends on the protocol; the exit status is the same, unless an
// Exit has another.
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

// Exit is the exit status of a class.
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

// A Failure is why there is no credential, for a person.
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

// An Exit ends a call with the exit status that its protocol demands.
type Exit struct {
	Status int
	Err    error // the message for people, on stderr; nil: none
}

func (e *Exit) Error() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

func (e *Exit) Unwrap() error { return e.Err }

// A Call is one run of a helper: its input, and where its answer goes.
type Call struct {
	Args   []string // behind the helper's name and the global flags
	Stdin  io.Reader
	Stdout io.Writer // the protocol's; one Write an answer
	Stderr io.Writer // people's
	// Terminal: stdin is a terminal.
	Terminal bool
	Getenv   func(string) string
	Now      func() time.Time
	// Profile is --profile, given before the action.
	Profile string
	// Open reads the configuration. A helper calls it only if it needs it: git's store never does. Its error is a *Failure
	// of class Config.
	Open func() (Source, error)
	// GitSection reports whether git's own file has a section for a host with our helper: then the host is or was a
	// target, and a person needs a message. Nil: no.
	GitSection func(host string) bool
	// Module and Version are the program's, for protocols that print them.
	Module  string
	Version func() string
}

// A Helper is a protocol adapter: a row in the program's table.
type Helper struct {
	Name  string   // the first argument that selects it: "git"
	Tool  string   // its name in the tools of a target; empty: Name
	Bases []string // base names of argv[0] that select it: "git-credential-idcs"
	// Words are other first arguments that select it and, unlike Name, stay in Args, for a client that runs all its helpers
	// with the same argument.
	Words []string
	About string // one line for the help
	// Options are its own options with a value. The program's own may be before, between and behind them.
	Options []string
	// Usage is how it is run, for -h, --help and wrong arguments. Empty: Run answers -h and --help itself.
	Usage string
	// Silent is for clients that show stderr in the middle of their own screen: with exit status 0 nothing is printed
	// there, so a Source doesn't print its warnings.
	Silent bool
	// Converses is for clients that write another request after they have read an answer.
	Converses bool
	// Run runs one call. nil is exit status 0; a *Failure is printed (Lines) and ends with the status of its class; an
	// *Exit has its own status and message. Run doesn't print the error that it returns.
	Run func(ctx context.Context, call *Call) error
}
