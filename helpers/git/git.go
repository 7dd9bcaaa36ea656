// Package git speaks git's credential helper protocol: git-credential-idcs.
//
// git starts `git-credential-idcs get` with what it needs as key=value lines on stdin and reads
// lines back. After each success it starts `store`, after a 401 `erase`. Facts:
// https://git-scm.com/docs/git-credential, https://git-scm.com/docs/gitcredentials, and what is
// written nowhere, from credential.c and http.c of https://github.com/git/git.
//
// # Versions of git
//
// One answer is for all of them, since git ignores unknown keys: it reads password_expiry_utc from 2.40 on. Lines that
// change what git does with the others (authtype, ephemeral) are printed only to a git with that capability, from 2.46
// on. wwwauth[] is sent from 2.41 on and never required: with http.proactiveAuth git asks before any request.
//
// # What is refused
//
// git passes on the parts of a URL, and URLs come from strangers: submodules, LFS servers, redirects. So only https gets
// an answer, and only a host that is a target, byte by byte. Input that isn't exactly the protocol gets no answer and no
// message: unknown lines must not be echoed, and a missing host is no wildcard (CVE-2020-11008, CVE-2024-50338,
// CVE-2024-52006). The answer never has protocol, host or path: git would use them from then on.
//
// # Failures
//
// git uses what a failing helper has printed, and ignores its exit status. So stdout is written once, at the end. If a
// target has no token, that is quit=1: git ends with our message instead of asking for a password that doesn't exist.
// Else it is nothing, so that git runs its other helpers.
//
// # Why store does nothing
//
// git passes to `store` what it got from `get`, which is stored already, or from another helper, which must not be stored
// here. git waits for `store` in each command, so it ends before it has read its stdin: git has written into the pipe by
// then and ignores SIGPIPE.
//
// # Why erase drops at most one token
//
// git runs `erase` after each 401, with what it sent. That may be another helper's password, or a token that was replaced
// long ago. Only if it is the stored access token, that is dropped, and never the refresh token: else any broken server
// could end the login (https://github.com/cli/cli/issues/3891).
package git

import (
	"context"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// usageLine is how it is run.
const usageLine = "git-credential-idcs <get|store|erase|capability>"

// Helper is git's row in the program's table.
var Helper = helpers.Helper{
	Name:  "git",
	Bases: []string{"git-credential-idcs"},
	About: "answer git (credential.https://HOST.helper = idcs)",
	Usage: usageLine,
	Run:   run,
}

// tokenLimit is the longest token, in bytes, that git gets: git reads lines of up to 65,535 bytes, and before 2.46 took
// the rest of a longer one for the next line.
const tokenLimit = 65_000

// awaited is what the helper reads, for a person who runs it by hand.
const awaited = "git's attributes (protocol=https, host=...)"

func run(ctx context.Context, call *helpers.Call) error {
	if len(call.Args) == 0 {
		return usage()
	}
	switch call.Args[0] {
	case "store":
		return nil // before anything else; see the package's documentation
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
		return usage() // no action, but a wrong option behind helper =
	}
	// The protocol demands that unknown actions, of a later git, are ignored.
	return nil
}

func usage() error {
	return &helpers.Failure{Class: helpers.Usage, Message: "usage: " + usageLine}
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
		return err // it isn't known whether this is a target, so other helpers may answer
	}

	query := helpers.Query{Target: target, Profile: call.Profile, Username: req.username}
	cred, err := source.Credential(ctx, query)
	if err == nil && !cred.Named && req.username != "" {
		cred.Username = req.username // no other is configured, and git prompts if it gets another
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

// quit makes git end with our message, instead of asking for a password.
func quit(call *helpers.Call, why error) error {
	if err := call.Print([]byte("quit=1\n")); err != nil {
		return err
	}
	return why
}

// refuseHTTP prints nothing for proxies and strangers' hosts. For a target it is a message: a person has written http in
// place of https, and the clone would end with a prompt for a password.
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

// whyNot is the message for a host that seems to be a target and gets no credential: git would only ask for a password.
// The exit status is 0, so that other helpers may answer. For a stranger's host it is nil.
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

// orWord is the path, or the word PATH if git has sent none.
func orWord(path string) string {
	if path == "" {
		return "PATH"
	}
	return path
}
