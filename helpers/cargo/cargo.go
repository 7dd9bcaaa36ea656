// Package cargo is a credential provider of Cargo, from 1.74 on.
//
// With `credential-provider = "/abs/credential-idcs"` cargo starts `credential-idcs --cargo-plugin`, and the two exchange
// lines of JSON: our first line has the versions of the protocol that we support, then each of cargo's lines gets an
// answer, until cargo closes stdin. Facts:
// https://doc.rust-lang.org/cargo/reference/credential-provider-protocol.html; a real cargo is in the
// tests.
//
// # Failures
//
// All of them are answers, and the exit status is 0: cargo shows the message of an answer, but after another status only
// that the program failed. After "url-not-supported" it runs the next provider. login and logout of a target are not
// supported: a typed token would have to be stored, and the token that git uses, too, would have to be deleted. The token
// in a login is never read. For all other registries login and logout are "url-not-supported", too, since cargo runs no
// next provider after another error, and we may be in a list for all registries.
//
// # The token
//
// It is the whole value of cargo's Authorization header, so the scheme is part of it. It is the same for every operation
// (read, publish, yank), and cargo may store it in memory until it expires.
package cargo

import (
	"bufio"
	"context"
	"io"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// usageLine is how it is run.
const usageLine = "credential-idcs --cargo-plugin (cargo runs it)"

// Helper is Cargo's row in the program's table. Cargo starts a provider by its path, so the helper is also selected by the
// argument that cargo adds.
var Helper = helpers.Helper{
	Name:  "cargo",
	Bases: []string{"cargo-credential-idcs"},
	Words: []string{plugin},
	About: `answer Cargo (credential-provider = "/PATH/credential-idcs")`,
	Usage: usageLine,
	Run:   run,

	Converses: true,
}

const plugin = "--cargo-plugin"

func run(ctx context.Context, call *helpers.Call) error {
	if len(call.Args) != 1 || call.Args[0] != plugin {
		return &helpers.Failure{Class: helpers.Usage, Message: "usage: " + usageLine}
	}
	if err := call.PrintJSON(hello{V: []int{version}}); err != nil {
		return err
	}
	s := session{call: call}
	lines := bufio.NewReader(io.LimitReader(call.Stdin, helpers.InputLimit+1))
	for total := 0; ; {
		line, err := lines.ReadBytes('\n')
		if total += len(line); total > helpers.InputLimit {
			return call.PrintJSON(other(malformed(helpers.ErrTooLong.Error())))
		}
		if len(line) > 0 {
			if err := call.PrintJSON(s.answer(ctx, line)); err != nil {
				return err
			}
		}
		if err != nil { // the end of stdin
			return nil
		}
	}
}

// A session answers the requests of one run. The configuration is read once, if at all.
type session struct {
	call   *helpers.Call
	opened bool
	source helpers.Source
	err    error
}

func (s *session) open() (helpers.Source, error) {
	if !s.opened {
		s.source, s.err = s.call.Open()
		s.opened = true
	}
	return s.source, s.err
}

// answer answers one line of cargo's.
func (s *session) answer(ctx context.Context, line []byte) any {
	request, ok := helpers.ParseObject(line)
	switch {
	case !ok:
		return other(malformed("the request is not a JSON object"))
	case string(request["v"]) != "1":
		return other(malformed("the request is of another version of the protocol"))
	case request.String("kind") == "":
		return other(malformed("the request has no kind"))
	}
	index := request.Object("registry").String("index-url")
	target, err := helpers.ParseURL(strings.TrimPrefix(index, "sparse+"))
	query := helpers.Query{Target: target, Profile: s.call.Profile}
	switch {
	case request.String("kind") != "get":
		return s.unsupported(query, index != "" && err != nil)
	case index == "":
		return other(malformed("the request names no registry"))
	case err != nil:
		return notOurs
	}
	source, err := s.open()
	if err != nil {
		return other(err)
	}
	cred, err := helpers.Fetch(ctx, source, query)
	if err != nil {
		if helpers.AsFailure(err).Class == helpers.NotConfigured {
			return notOurs
		}
		return other(err)
	}
	return granted{Ok: token{
		Kind: "get", Token: "Bearer " + cred.Secret.Reveal(),
		Cache: "expires", Expiration: cred.Expiry.Unix(), OperationIndependent: true,
	}}
}

// unsupported is the answer to a login or logout. At a target no other provider may answer it.
func (s *session) unsupported(query helpers.Query, elsewhere bool) refused {
	if !elsewhere && !query.Target.IsZero() {
		if source, err := s.open(); err == nil {
			_, err = source.Owner(query)
			elsewhere = err != nil && helpers.AsFailure(err).Class == helpers.NotConfigured
		}
	}
	if elsewhere {
		return notOurs
	}
	return refused{Err: refusal{Kind: "operation-not-supported"}}
}

func malformed(why string) error {
	return &helpers.Failure{Class: helpers.Malformed, Message: why}
}
