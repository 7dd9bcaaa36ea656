// Package docker speaks the protocol of docker's credential helpers: docker-credential-idcs, for
// docker, podman, buildah, skopeo, crane, oras and helm.
//
// A client starts it with one word and a server or some JSON on stdin, and reads JSON. Facts:
// https://github.com/docker/docker-credential-helpers, and the clients' own code.
//
// # Errors go to stdout
//
// Clients compare the stdout of a failing helper with three texts, byte for byte; after one of them, notFound, they
// continue without a credential. So only a server that is no target gets that text. If a target's token can't be had, it
// is another text: else a client would send no credential, and a person would look for the mistake in the registry. The
// exit status is always 1.
//
// docker itself (seen with 20.10 and 28.2) ignores what a failing helper wrote to stdout, in login, pull, push and
// manifest, continues without a credential and reports a 401; only its old builder shows the text, in a warning. All
// others stop and show it: buildx 0.38, podman 4.3, buildah 1.28, skopeo 1.9, crane, oras 1.3, helm 3.22. With all of them
// stderr is the person's, so the message is printed there, too.
//
// # Why store and erase do almost nothing
//
// `docker login` stores the credential that get gave it, and fails if it can't: so store succeeds for a target. For any
// other server a person typed a password that we don't store, and gets a message. erase is run by `docker logout`, twice,
// and never after a 401, so the token, which git and kubectl use, too, stays. Only a token of the registry's own, as of
// Oracle's registry, is deleted if it is a minute old: a person runs `docker logout` to get another one. `podman logout`
// doesn't run a helper: it only reads the file of its own logins.
//
// # What clients use before a helper
//
// DOCKER_AUTH_CONFIG, with docker from 28.3, buildx and crane. helm a password in its own registry file, podman and its
// relatives one in $XDG_RUNTIME_DIR/containers/auth.json, or in /run/containers/UID where that is not set.
// `helm registry login` and `podman login --username` write such a password although a helper is set, and it expires
// with the token. doctor looks for them.
//
// # Where clients send the token
//
// To the token server of the registry (realm in WWW-Authenticate), as Basic; BuildKit, buildx and containerd first send a
// form with grant_type=password. oras refuses a realm on another host of this machine's own networks.
package docker

import (
	"context"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Helper is docker's row in the program's table.
var Helper = helpers.Helper{
	Name:  "docker",
	Bases: []string{"docker-credential-idcs"},
	About: `answer docker, podman and others (credHelpers: {"HOST": "idcs"})`,
	Run:   run,
}

// The texts that clients compare stdout with, from credentials/error.go of docker-credential-helpers.
const (
	notFound   = "credentials not found in native keychain\n"
	noServer   = "no credentials server URL\n"
	noUsername = "no credentials username\n"
)

// need is the life that an answer should have left, but at most half the token's life. A build gets it at its start and
// pushes at its end, and BuildKit caches an answer for 4 min 50 s. A target's min_ttl demands more.
const need = 300 * time.Second

const usage = "Usage: docker-credential-idcs <store|get|erase|list|version>\n"

func run(ctx context.Context, call *helpers.Call) error {
	if len(call.Args) != 1 {
		return fail(call, usage, nil)
	}
	switch action := call.Args[0]; action {
	case "get":
		return get(ctx, call)
	case "store":
		return store(call)
	case "erase":
		return erase(ctx, call)
	case "list":
		return list(call)
	case "version", "--version", "-v":
		return call.Print([]byte("docker-credential-idcs (" + call.Module + ") " + call.Version() + "\n"))
	case "--help", "-h":
		return call.Print([]byte(usage))
	default:
		return fail(call, "docker-credential-idcs: unknown action: "+text.Clean(action)+"\n", nil)
	}
}

// fail prints line to stdout, and ends the call with exit status 1 and the message for people.
func fail(call *helpers.Call, line string, people error) error {
	if err := call.Print([]byte(line)); err != nil {
		return err
	}
	return &helpers.Exit{Status: 1, Err: people}
}

// failBoth prints a failure to stdout, on one line, and to stderr.
func failBoth(call *helpers.Call, err error) error {
	f := helpers.AsFailure(err)
	return fail(call, f.Line(), f)
}

func get(ctx context.Context, call *helpers.Call) error {
	server, exact, err := serverInput(call)
	if err != nil {
		return fail(call, notFound, nil) // too long for a server, or unreadable
	}
	if strings.TrimSpace(server) == "" {
		return fail(call, noServer, nil)
	}
	if host, ok := strings.CutPrefix(server, "http://"); ok && exact {
		return refuseHTTP(call, host)
	}
	target, err := helpers.ParseServer(server)
	if err != nil || !exact {
		return fail(call, notFound, nil)
	}
	source, err := call.Open()
	if err != nil {
		return failBoth(call, err)
	}
	cred, err := helpers.Fetch(ctx, source, helpers.Query{Target: target, Profile: call.Profile, Kind: helpers.Registry, Need: need, Half: true})
	if err != nil {
		if helpers.AsFailure(err).Class == helpers.NotConfigured {
			return fail(call, notFound, nil)
		}
		return failBoth(call, err)
	}
	token := cred.Secret.Reveal()
	b := append(make([]byte, 0, len(token)+1024), `{"ServerURL":`...)
	b = append(helpers.AppendJSON(b, server), `,"Username":`...)
	b = append(helpers.AppendJSON(b, cred.Username), `,"Secret":`...)
	return call.Print(append(helpers.AppendJSON(b, token), "}\n"...))
}

// refuseHTTP answers as for a server that is no target, but with a message if there is a token for https.
func refuseHTTP(call *helpers.Call, host string) error {
	var why error
	if target, err := helpers.ParseServer(host); err == nil {
		source, err := call.Open()
		if err != nil {
			return failBoth(call, err)
		}
		if _, err := source.Owner(helpers.Query{Target: target, Profile: call.Profile, Kind: helpers.Registry}); err == nil {
			why = &helpers.Failure{
				Class:   helpers.NotConfigured,
				Message: "http://" + text.Clean(host) + " gets no token, only https does",
				// It writes the https registry's name into docker's file.
				Command: "credential-idcs configure docker " + text.Word(target.HostPort()),
			}
		}
	}
	return fail(call, notFound, why)
}

// serverInput reads a server, without the one newline that clients may add. exact: it has no blank and no control
// character.
func serverInput(call *helpers.Call) (server string, exact bool, err error) {
	b, err := call.Input("a registry (registry.example.com:5000)")
	if err != nil {
		return "", false, err
	}
	server = string(b)
	if s, ok := strings.CutSuffix(server, "\n"); ok {
		server = strings.TrimSuffix(s, "\r")
	}
	blank := func(r rune) bool { return r == ' ' || helpers.Control(r) }
	return server, strings.IndexFunc(server, blank) < 0, nil
}
