// Package git speaks git's credential helper protocol: git-credential-idcs.
//
// git starts `git-credential-idcs get` with what it needs as key=value lines on stdin and reads
// lines back. After each success it starts `store`, after a 401 `erase`. Facts:
// https://git-scm.com/docs/git-credential, https://git-scm.com/docs/gitcredentials, and what is
// written nowhere, from credential.c and http.c of https://github.com/git/git.
//
// # Versions of git
//
// One answer serves all of them, since git ignores keys it doesn't know: password_expiry_utc is
// read from 2.40 on. Lines that change what git does with the others (authtype, ephemeral) are
// printed only to a git that names the capability, from 2.46 on. wwwauth[] is there from 2.41 on and
// never required: http.proactiveAuth asks before any server has spoken.
//
// # What is refused
//
// git passes on what a URL holds, and URLs come from strangers: submodules, LFS servers,
// redirects. So an answer goes only to https and to a host that is a target to the byte. Input
// that isn't exactly the protocol gets nothing, without a word: lines that aren't understood
// must not be echoed, and an absent host is no wildcard (CVE-2020-11008, CVE-2024-50338,
// CVE-2024-52006). The answer never has protocol, host or path, for git would go on with those.
//
// # Failures
//
// git uses what a failing helper has printed, and ignores its exit status. So stdout is written
// once, at the end. Where a target is configured but has no token, that is quit=1: git dies with our
// message above its own instead of asking for a password that nobody has. Elsewhere it is nothing,
// so that git asks its other helpers.
//
// # Why store does nothing
//
// git hands to `store` what it got from `get`, or from another helper. The first is stored
// already, the second is none of our business. git waits for `store` in each command, so it ends
// before it has read its stdin: git has written into the pipe by then and ignores SIGPIPE.
//
// # Why erase touches one token at most
//
// git says `erase` after each 401, with what it sent. That may be another helper's password, or a
// token that has long been replaced. Only if it is the stored access token, that one is dropped,
// and the refresh token never: a helper that forgets the login then lets any broken server end it
// (https://github.com/cli/cli/issues/3891).
package git

import (
	"context"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// words are how it is run.
const words = "git-credential-idcs <get|store|erase|capability>"

// Helper is git's row in the program's table.
var Helper = helpers.Helper{
	Name:  "git",
	Bases: []string{"git-credential-idcs"},
	About: "answer git (credential.https://HOST.helper = idcs)",
	Usage: words,
	Run:   run,
}

// tokenLimit is the longest token, in bytes, that git gets: git reads lines into 65,535 bytes, and
// before 2.46 took what was cut off there for the next line.
const tokenLimit = 65_000

// awaited is what a person who runs the helper by hand is told.
const awaited = "git's attributes (protocol=https, host=...)"

func run(ctx context.Context, call *helpers.Call) error {
	if len(call.Args) == 0 {
		return usage()
	}
	switch call.Args[0] {
	case "store":
		return nil // before all else; see the package's text
	case "get":
		if len(call.Args) > 1 {
			return usage()
		}
		return answerGet(ctx, call)
	case "erase":
		return erase(ctx, call)
	case "capability":
		return capability(call)
	}
	if strings.HasPrefix(call.Args[0], "-") {
		return usage() // no action, but an option that somebody mistyped behind helper =
	}
	// The protocol asks for silence about actions that a later git may bring.
	return nil
}

func usage() error {
	return &helpers.Failure{Class: helpers.Usage, Message: "usage: " + words}
}

func capability(call *helpers.Call) error {
	return call.Print([]byte("version 0\ncapability authtype\ncapability state\n"))
}

func answerGet(ctx context.Context, call *helpers.Call) error {
	call.Await(awaited)
	req, ok := read(call.Stdin)
	if !ok {
		return nil
	}
	if req.protocol == "http" {
		return refuseHTTP(call, req)
	}
	target, err := helpers.ParseGit(req.protocol, req.host, req.path)
	if err != nil {
		return nil
	}
	source, err := call.Open()
	if err != nil {
		if helpers.AsFailure(err).Class == helpers.Profile {
			return quit(call, err)
		}
		return err // whether this is a target can't be known, so other helpers may answer
	}

	query := helpers.Query{Target: target, Profile: call.Profile, Username: req.username}
	cred, err := source.Credential(ctx, query)
	if err == nil && !cred.Named && req.username != "" {
		cred.Username = req.username // nobody set another, and git prompts if it gets another
	}
	if err == nil {
		err = cred.Check(tokenLimit)
	}
	if err != nil {
		f := helpers.AsFailure(err)
		switch f.Class {
		case helpers.NotConfigured:
			return whyNot(call, source, query, req, f)
		case helpers.Config:
			return f
		}
		return quit(call, f)
	}
	comeBack := req.state && !req.hasState() && !req.negotiates()
	return call.Print(answer(req, cred, comeBack))
}

// quit has git end with our message, where it would go on and ask for a password.
func quit(call *helpers.Call, why error) error {
	if err := call.Print([]byte("quit=1\n")); err != nil {
		return err
	}
	return why
}

// refuseHTTP is silent for what git asks of proxies and others, but says a word where a person has
// written http for https: the clone would end with a prompt for a password.
func refuseHTTP(call *helpers.Call, req request) error {
	target, err := helpers.ParseGit("https", req.host, req.path)
	if err != nil {
		return nil
	}
	source, err := call.Open()
	if err != nil {
		return err
	}
	if _, err := source.Owner(helpers.Query{Target: target, Profile: call.Profile}); err != nil {
		return nil
	}
	return &helpers.Exit{Err: &helpers.Failure{
		Class:   helpers.NotConfigured,
		Message: "http://" + text.Clean(req.host) + " gets no token, only https does",
		Command: "git config --global " + text.Word("url.https://"+text.Clean(req.host)+"/.insteadOf") + " " + text.Word("http://"+text.Clean(req.host)+"/"),
	}}
}

// whyNot tells a person why a host that is ours gets nothing: git only asks for a password then. Exit 0,
// so that other helpers may answer. For a stranger's host it is silent.
func whyNot(call *helpers.Call, source helpers.Source, query helpers.Query, req request, f *helpers.Failure) error {
	say := func(message, command string) error {
		return &helpers.Exit{Err: &helpers.Failure{Class: helpers.NotConfigured, Message: message, Command: command}}
	}
	any := query
	any.Username = ""
	switch owner, err := source.Owner(any); {
	case err != nil && helpers.AsFailure(err).Class == helpers.Profile: // several profiles, each for another user
		return say(f.Message, f.Command)
	case err == nil: // it is the user name
		return say("git asks "+query.Target.String()+" for the user "+text.Clean(query.Username)+", and profile "+owner.Profile+" is "+owner.Username,
			"git remote set-url origin "+text.Word("https://"+query.Target.HostPort()+"/"+orWord(req.path)))
	}
	listed, err := source.Targets()
	if err != nil {
		return nil
	}
	for _, l := range listed {
		if !l.Target.SameOrigin(query.Target) || l.Target.Path() == "" ||
			query.Profile != "" && query.Profile != l.Profile || query.Username != "" && l.Named && query.Username != l.Username {
			continue
		}
		if req.path != "" {
			asked, path := strings.ToLower(query.Target.Path()), strings.ToLower(l.Target.Path())
			if asked != path && !strings.HasPrefix(asked, path+"/") {
				continue // another path altogether
			}
			return say(query.Target.String()+" is no target, "+l.Target.String()+" is: paths are compared letter by letter", "credential-idcs target list")
		}
		return say(l.Target.String()+" is a target, but git sends paths only with credential.useHttpPath",
			"git config --global "+text.Word("credential."+l.Target.String()+".useHttpPath")+" true")
	}
	if call.GitSection != nil && call.GitSection(query.Target.HostPort()) {
		return say("git uses credential-idcs for "+text.Clean("https://"+query.Target.HostPort())+", which is no target of any profile",
			"credential-idcs target add "+text.Word("https://"+query.Target.HostPort()))
	}
	return nil
}

// orWord is the path, or what is in its place where git has sent none.
func orWord(path string) string {
	if path == "" {
		return "PATH"
	}
	return path
}
