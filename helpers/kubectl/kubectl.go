// Package kubectl speaks client-go's exec credential protocol: `credential-idcs kubectl`, for
// kubectl and everything else that reads a kubeconfig.
//
// The client starts it with an ExecCredential in KUBERNETES_EXEC_INFO and reads one, with the
// token in its status, from stdout. Facts: plugin/pkg/client/auth/exec/exec.go and
// pkg/apis/clientauthentication of https://github.com/kubernetes/client-go, and
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins.
// The few fields that matter are declared here: linking client-go would make each call a third slower. The tests use
// client-go itself.
//
// # What the client does
//
// It stores an answer in memory until expirationTimestamp, and then runs the helper again for each request, so that field
// is always set. It doesn't store a failure: discovery repeats a failing call about five times a command, so failures must
// be fast. stderr is the terminal, also of full-screen programs, so nothing is printed there with exit status 0.
//
// # The cluster
//
// With provideClusterInfo the client tells where the token will go, and that must be a target of the profile. This finds
// mistakes, and a kubeconfig whose server was replaced. It doesn't stop a hostile kubeconfig, which can also choose the
// arguments: a kubeconfig is code. Without cluster information there is nothing to check.
//
// # A 401 isn't reported
//
// The client doesn't report that the API server refused a token; it just runs the helper again before the token expires.
// So a call by the same parent process that would get the same token again is a hint, and parent.go stores a fingerprint
// for it. No other helper uses files. It isn't in the cache, because it is no token and only for this protocol.
//
// With kube-apiserver and kubectl 1.37 (e2e/cluster) a command of one request fails and the next one
// works; a command that begins with discovery meets the 401 there and works by itself. A watch goes on
// after its token's end.
package kubectl

import (
	"context"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// usageLine is how it is run.
const usageLine = "credential-idcs kubectl [--profile NAME] [--config FILE] [--token access|id] [--api-version v1|v1beta1]"

// Helper is kubectl's row in the program's table. It has no base name: under the name kubectl-idcs kubectl runs the
// program's commands for people.
var Helper = helpers.Helper{
	Name:    "kubectl",
	About:   "answer kubectl and other client-go programs (users[].user.exec)",
	Usage:   usageLine,
	Options: []string{"--token", "--api-version"},
	Silent:  true,
	Run: func(ctx context.Context, call *helpers.Call) error {
		return adapter{parent: parent}.run(ctx, call)
	},
}

// An adapter serves one call.
type adapter struct {
	parent func() (process, bool) // the parent process; false: unknown
}

const infoVariable = "KUBERNETES_EXEC_INFO"

func (a adapter) run(ctx context.Context, call *helpers.Call) error {
	opts, ok := parse(call.Args)
	if !ok {
		return &helpers.Failure{Class: helpers.Usage, Message: "usage: " + usageLine}
	}
	info, err := readInfo(call.Getenv(infoVariable))
	if err != nil {
		return err
	}
	if !info.given && opts.version != "" {
		info.version = opts.version
	}
	if info.kind == helpers.Cluster {
		info.kind = opts.kind
	}
	// Some clients, in JavaScript and Python, send no cluster: the token of the default profile must not go to an unknown
	// server.
	query := helpers.Query{Profile: call.Profile, Kind: info.kind, Sole: !info.hasCluster}
	if query.Profile == "" {
		query.Profile = info.profile
	}
	source, err := call.Open()
	if err != nil {
		return err
	}
	if info.hasCluster {
		if query.Target, err = helpers.ParseURL(info.server); err != nil {
			return notTarget(source, query, info.server)
		}
	}

	var rec *record
	if info.given {
		rec = a.recall(call.Getenv, query)
		query.Suspect = rec.last()
	}
	cred, err := helpers.Fetch(ctx, source, query)
	if err != nil {
		f := helpers.AsFailure(err)
		if f.Class == helpers.NotConfigured && info.hasCluster {
			return notTarget(source, query, info.server)
		}
		return f
	}
	rec.save(cred.Secret)
	return call.Print(answer(info.version, cred))
}

// options are the helper's own arguments.
type options struct {
	kind    helpers.Kind // Cluster: not set
	version string       // for the answer, if the client sends none; empty: not set
}

// Read reads the helper's own arguments, without those of the whole program, and returns the kind of token; Cluster: they
// don't set it. ok: the helper accepts them.
func Read(args []string) (kind helpers.Kind, ok bool) {
	o, ok := parse(args)
	return o.kind, ok
}

func parse(args []string) (o options, ok bool) {
	o.kind = helpers.Cluster
	for len(args) > 0 {
		name, value, joined := strings.Cut(args[0], "=")
		args = args[1:]
		if !joined {
			if len(args) == 0 {
				return o, false
			}
			value, args = args[0], args[1:]
		}
		switch name + " " + value {
		case "--token access":
			o.kind = helpers.Access
		case "--token id":
			o.kind = helpers.ID
		case "--api-version v1":
			o.version = v1
		case "--api-version v1beta1":
			o.version = v1beta1
		default:
			return o, false
		}
	}
	return o, true
}

// notTarget is the failure for a server that is no target of the profile.
func notTarget(source helpers.Source, query helpers.Query, server string) error {
	f := &helpers.Failure{Class: helpers.NotConfigured}
	switch {
	case server == "":
		f.Message = infoVariable + " names no server"
		return f
	case query.Profile == "":
		// The message has the profile that a call without cluster information would use.
		owner, err := source.Owner(helpers.Query{Kind: query.Kind})
		if err != nil {
			f.Message = helpers.Shown(server) + " is not a target of any profile"
			return f
		}
		query.Profile = owner.Profile
	}
	f.Message = helpers.Shown(server) + " is not a target of profile " + text.Clean(query.Profile)
	return f
}

// answer is the ExecCredential with the token, the same in v1 and v1beta1.
func answer(version string, cred helpers.Credential) []byte {
	token := cred.Secret.Reveal()
	b := append(make([]byte, 0, len(token)+256), `{"kind":"`+kind+`","apiVersion":`...)
	b = append(helpers.AppendJSON(b, version), `,"status":{"expirationTimestamp":`...)
	b = append(helpers.AppendJSON(b, cred.Expiry.UTC().Format(time.RFC3339)), `,"token":`...)
	return append(helpers.AppendJSON(b, token), "}}\n"...)
}
