// Package keyring speaks what pip and uv use of the keyring command: base name keyring.
//
// With --keyring-provider subprocess they start `keyring get SERVICE USER` and take stdout for the
// password; uv, where it has no user name, `keyring get SERVICE --mode creds` and takes two lines.
// Facts: pip/_internal/network/auth.py of https://github.com/pypa/pip and
// crates/uv-auth/src/keyring.rs of https://github.com/astral-sh/uv.
//
// # Services
//
// A service is the address of an index, and after a failure its host and port alone. Without a scheme it counts as https:
// pip calls so for files outside its indexes, such as a wheel whose address is in a requirement. pip's call for an http
// index at that host is the same. But to send the token there unencrypted, a requirements file needs such an index and
// --trusted-host, and could then also have a package that runs any code; the first call, with the scheme, is refused.
//
// # Failures
//
// For both clients every exit status but 0 means "no password", and they continue. A user name or service that isn't ours
// fails without a message, since both call for every index.
//
// # A real keyring
//
// A program of this name hides the real one, which other programs use for all kinds of passwords. So it is installed into
// a folder that only pip's PATH has, and set and del fail with a message: a password that was typed must not be lost.
package keyring

import (
	"context"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// usageLine is how it is run.
const usageLine = "keyring get SERVICE USER, or keyring get SERVICE --mode creds"

// Helper is pip's and uv's row in the program's table.
var Helper = helpers.Helper{
	Name:  "keyring",
	Tool:  "pip",
	Bases: []string{"keyring"},
	About: "answer pip and uv (--keyring-provider subprocess)",
	Usage: usageLine,
	Run:   run,
}

func run(ctx context.Context, call *helpers.Call) error {
	q, err := parse(call.Args)
	if err != nil {
		return &helpers.Exit{Status: 1, Err: err}
	}
	target, err := service(q.service)
	if err != nil || q.named && q.user == "" {
		return &helpers.Exit{Status: 1}
	}
	source, err := call.Open()
	if err != nil {
		return &helpers.Exit{Status: 1, Err: err}
	}
	cred, err := helpers.Fetch(ctx, source, helpers.Query{Target: target, Profile: call.Profile, Username: q.user})
	if err != nil {
		f := helpers.AsFailure(err)
		if f.Class == helpers.NotConfigured {
			return &helpers.Exit{Status: 1}
		}
		return &helpers.Exit{Status: 1, Err: f}
	}
	out := cred.Secret.Reveal() + "\n"
	if q.both {
		out = cred.Username + "\n" + out
	}
	return call.Print([]byte(out))
}

// A question has the arguments of get.
type question struct {
	service string
	user    string
	named   bool // there is a user
	both    bool // --mode creds: print the user name, too
}

// parse reads the arguments as keyring does, with --mode anywhere.
func parse(args []string) (question, error) {
	var q question
	var words []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		mode, isMode := strings.CutPrefix(a, "--mode=")
		switch {
		case isMode:
		case a == "--mode" && i+1 < len(args):
			i++
			mode = args[i]
		case strings.HasPrefix(a, "-"):
			return q, unknown()
		default:
			words = append(words, a)
			continue
		}
		switch mode {
		case "creds":
			q.both = true
		case "password":
			q.both = false
		default:
			return q, unknown()
		}
	}
	if len(words) > 0 && words[0] != "get" {
		return q, &helpers.Failure{Message: "keyring " + text.Clean(words[0]) + " is not supported, nothing was changed"}
	}
	switch {
	case len(words) == 3:
		q.user, q.named = words[2], true
	case len(words) == 2 && q.both:
	default:
		return q, unknown()
	}
	q.service = words[1]
	return q, nil
}

func unknown() error {
	return &helpers.Failure{Message: "usage: " + usageLine}
}

// service reads a service: an address, or HOST[:PORT].
func service(s string) (helpers.Target, error) {
	if strings.Contains(s, "://") {
		return helpers.ParseURL(s)
	}
	return helpers.ParseGit("https", s, "")
}
