// Package goauth speaks the go command's GOAUTH protocol: `credential-idcs goauth`, from Go 1.24 on,
// for private modules and module proxies.
//
// With GOAUTH='credential-idcs goauth' the go command starts it once before its first request, and
// then after each answer from 400 to 499 with the address as last argument and the server's answer on
// stdin. Facts: `go help goauth`, and cmd/go/internal/auth of https://github.com/golang/go.
//
// # Two kinds of calls
//
// Without an address go asks for all credentials, for a command that may need none of them. So that answer comes from the
// cache alone and never fails: a login that has ended must not disturb a build that needs no network. With an address a
// server has refused go, so the token is refreshed if that is due. go runs it once for each address, and shows errors only
// with -x.
//
// # What go does with the answer
//
// It stores headers by prefix, as text, and uses the longest prefix that a request's address equals or continues with
// whole segments. So the host is written as go wrote it, with its port. The query is part of the address, so
// ".../team/mod?go-get=1" doesn't continue ".../team/mod": if the target is that very path, the answer also has the
// address.
//
// # A 401
//
// go doesn't tell what it had sent. But a fresh token was in the first answer, so a 401 is a hint that the server refused
// it: one refresh is forced, unless the token is newer than a minute. A 403 or 404 is no hint; forges answer 404 to
// strangers.
package goauth

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// usageLine is how it is run.
const usageLine = "credential-idcs goauth [URL]"

// Helper is the go command's row in the program's table.
var Helper = helpers.Helper{
	Name:  "goauth",
	Tool:  "go",
	About: "answer the go command (GOAUTH='credential-idcs goauth')",
	Usage: usageLine,
	Run:   run,
}

func run(ctx context.Context, call *helpers.Call) error {
	switch len(call.Args) {
	case 0:
		return all(ctx, call)
	case 1:
		return one(ctx, call, call.Args[0])
	}
	return &helpers.Failure{Class: helpers.Usage, Message: "usage: " + usageLine}
}

// all answers for each target that has a fresh token.
func all(ctx context.Context, call *helpers.Call) error {
	source, err := call.Open()
	if err != nil {
		return nil // a command that needs a credential calls again, with an address, and gets the error
	}
	listed, err := source.Targets()
	if err != nil {
		return nil
	}
	var b []byte
	for _, l := range listed {
		query := helpers.Query{Target: l.Target, Profile: call.Profile, CachedOnly: true}
		cred, err := helpers.Fetch(ctx, source, query)
		if err != nil || cred.Profile != l.Profile {
			continue
		}
		b = appendEntry(b, cred, cred.Scheme == "basic", l.Target.String())
	}
	if len(b) == 0 {
		return nil
	}
	return call.Print(b)
}

// one answers for one address, at which a server refused go.
func one(ctx context.Context, call *helpers.Call, address string) error {
	target, err := helpers.ParseRequest(address)
	if err != nil {
		return nil
	}
	resp, ok := readResponse(call)
	if !ok {
		return nil
	}
	source, err := call.Open()
	if err != nil {
		return err
	}
	query := helpers.Query{Target: target, Profile: call.Profile}
	if resp.status == 401 {
		cached := query
		cached.CachedOnly = true
		if cred, err := source.Credential(ctx, cached); err == nil {
			query.Suspect = cred.Secret.Fingerprint()
		}
	}
	cred, err := helpers.Fetch(ctx, source, query)
	if err != nil {
		if helpers.AsFailure(err).Class == helpers.NotConfigured {
			return nil
		}
		return err
	}
	basic := cred.Scheme == "basic" ||
		cred.Scheme == "auto" && helpers.Offers(resp.challenges, "basic") && !helpers.Offers(resp.challenges, "bearer")
	return call.Print(appendEntry(nil, cred, basic, prefixes(source, cred, target, address)...))
}

// prefixes are the addresses that an answer is for: the target's, with host and port as go wrote them, and perhaps the
// request's own. See the package's documentation.
func prefixes(source helpers.Source, cred helpers.Credential, request helpers.Target, address string) []string {
	var owner helpers.Target
	listed, _ := source.Targets() // no error: Credential has just succeeded
	for _, l := range listed {
		if l.Profile == cred.Profile && l.Target.Covers(request) && (owner.IsZero() || l.Target.Narrower(owner)) {
			owner = l.Target
		}
	}
	rest := strings.TrimPrefix(address, "https://")
	authority, _, _ := strings.Cut(rest, "/")
	p := []string{"https://" + authority + owner.Path()}
	if owner.Path() != "" && request.Path() == owner.Path() && strings.Contains(rest, "?") {
		p = append(p, address)
	}
	return p
}

// appendEntry appends addresses, a blank line, a header and a blank line.
func appendEntry(b []byte, cred helpers.Credential, basic bool, addresses ...string) []byte {
	for _, a := range addresses {
		b = append(b, a...)
		b = append(b, '\n')
	}
	b = append(b, "\nAuthorization: "...)
	if basic {
		b = append(b, "Basic "...)
		b = base64.StdEncoding.AppendEncode(b, []byte(cred.Username+":"+cred.Secret.Reveal()))
	} else {
		b = append(b, "Bearer "...)
		b = append(b, cred.Secret.Reveal()...)
	}
	return append(b, "\n\n"...)
}
