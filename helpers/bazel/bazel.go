// Package bazel speaks the protocol of Bazel's credential helpers: bazel-credential-idcs, for Bazel,
// Buck2 and others that took it over.
//
// With --credential_helper=HOST=PATH a client starts `PATH get` with a request's address as JSON on
// stdin, and reads headers and their expiry. Facts: https://github.com/EngFlow/credential-helper-spec.
//
// # Addresses that are no target
//
// An answer without headers would mean that the address needs none, so an address that is no target is an error, as the
// specification demands. Therefore a client should use this helper only for single hosts: as a helper for all hosts it
// would make all others fail.
//
// # Addresses
//
// Remote execution and caches have grpcs:// addresses. That is gRPC over TLS, on port 443 by default, so it counts as
// https. A query is ignored. Keys are compared byte by byte: "URI" is another key than "uri".
package bazel

import (
	"context"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// usageLine is how it is run.
const usageLine = "bazel-credential-idcs get"

// Helper is Bazel's row in the program's table.
var Helper = helpers.Helper{
	Name:  "bazel",
	Bases: []string{"bazel-credential-idcs"},
	About: "answer Bazel and Buck2 (--credential_helper=HOST=PATH)",
	Usage: usageLine,
	Run:   run,
}

func run(ctx context.Context, call *helpers.Call) error {
	if len(call.Args) != 1 || call.Args[0] != "get" {
		return &helpers.Failure{Class: helpers.Usage, Message: "usage: " + usageLine}
	}
	b, err := call.Input(`{"uri": "https://..."}`)
	if err != nil {
		return malformed(err.Error())
	}
	request, ok := helpers.ParseObject(b)
	if !ok {
		return malformed("the request is not a JSON object")
	}
	uri := request.String("uri")
	if uri == "" {
		return malformed("the request has no uri")
	}
	target, err := helpers.ParseRequest(overHTTPS(uri))
	if err != nil {
		return malformed(helpers.Shown(uri) + " gets no token: " + err.Error())
	}
	source, err := call.Open()
	if err != nil {
		return err
	}
	cred, err := helpers.Fetch(ctx, source, helpers.Query{Target: target, Profile: call.Profile})
	if err != nil {
		f := helpers.AsFailure(err)
		if f.Class == helpers.NotConfigured {
			return &helpers.Exit{Status: 1, Err: f}
		}
		return f
	}
	return call.PrintJSON(answer{
		Headers: headers{Authorization: []string{"Bearer " + cred.Secret.Reveal()}},
		Expires: cred.Expiry.UTC().Format(time.RFC3339),
	})
}

// overHTTPS is the address in the scheme that targets have.
func overHTTPS(uri string) string {
	if rest, ok := strings.CutPrefix(uri, "grpcs://"); ok {
		return "https://" + rest
	}
	return uri
}

func malformed(why string) error {
	return &helpers.Failure{Class: helpers.Malformed, Message: why}
}

// An answer is GetCredentialsResponse of the specification.
type answer struct {
	Headers headers `json:"headers"`
	Expires string  `json:"expires"` // RFC 3339, UTC, whole seconds
}

type headers struct {
	Authorization []string
}
