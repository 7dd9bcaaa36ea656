// Package kubectl speaks client-go's exec credential protocol: `credential-idcs kubectl`, for
// kubectl and everything else that reads a kubeconfig.
//
// The client starts it with an ExecCredential in KUBERNETES_EXEC_INFO and reads one, with the
// token in its status, from stdout. Facts: plugin/pkg/client/auth/exec/exec.go and
// pkg/apis/clientauthentication of https://github.com/kubernetes/client-go, and
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins.
// The few fields that matter are declared here: linking client-go would cost each call a third of
// its time. client-go itself is in the tests, which hold this package to its contract.
//
// # What the client does
//
// It keeps an answer in memory until expirationTimestamp, and runs the helper again for each
// request once that is past, so it is always given. It keeps no failure: discovery repeats a failing
// call about five times a command, which must be cheap. stderr goes to the terminal, under
// full-screen programs too, so nothing is written there on exit 0.
//
// # The cluster
//
// With provideClusterInfo the client says where the token will go, and then that must be a target
// of the profile. It stops mistakes and a kubeconfig whose server was swapped. It doesn't stop a
// hostile kubeconfig, which chooses the arguments as well: a kubeconfig is code. Without cluster
// information there is nothing to check.
//
// # The 401 that nobody reports
//
// No input says that the API server refused a token; the client just runs the helper again before
// the reported time. So a call that would give the same parent the same token twice is a hint, and
// parent.go remembers a fingerprint for it. It is the one place among the helpers that touches
// files: what it keeps is this protocol's affair and no token, so the cache has no business with it.
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

// words are how it is run.
const words = "credential-idcs kubectl [--profile NAME] [--config FILE] [--token access|id] [--api-version v1|v1beta1]"

// Helper is kubectl's row in the program's table. It has no base name: kubectl-idcs is kubectl's
// way to run the program for people.
var Helper = helpers.Helper{
	Name:    "kubectl",
	About:   "answer kubectl and other client-go programs (users[].user.exec)",
	Usage:   words,
	Options: []string{"--token", "--api-version"},
	Silent:  true,
	Run: func(ctx context.Context, call *helpers.Call) error {
		return adapter{parent: parent}.run(ctx, call)
	},
}

// An adapter serves one call.
type adapter struct {
	parent func() (process, bool) // who runs us
}

const infoVariable = "KUBERNETES_EXEC_INFO"

func (a adapter) run(ctx context.Context, call *helpers.Call) error {
	opts, ok := parse(call.Args)
	if !ok {
		return &helpers.Failure{Class: helpers.Usage, Message: "usage: " + words}
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
	// Some clients send no cluster (of JavaScript, of Python): what they would do with the token of the
	// file's default nobody can tell.
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
	cred, err := source.Credential(ctx, query)
	if err == nil {
		err = cred.Check(0)
	}
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

// options are what the arguments say.
type options struct {
	kind    helpers.Kind // Cluster: not said
	version string       // what is answered where no client says it; empty: not said
}

// Read is the kind of token that arguments ask for, those of the whole program left out; Cluster: they don't
// say. ok reports whether the helper takes them at all.
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

// notTarget names the server, and the profile that the call would have used.
func notTarget(source helpers.Source, query helpers.Query, server string) error {
	f := &helpers.Failure{Class: helpers.NotConfigured}
	switch {
	case server == "":
		f.Message = infoVariable + " names no server"
		return f
	case query.Profile == "":
		// Without a name, it is the one that a call without cluster information gets.
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

// answer is the part of ExecCredential that comes back. v1 and v1beta1 agree on it.
func answer(version string, cred helpers.Credential) []byte {
	token := cred.Secret.Reveal()
	b := append(make([]byte, 0, len(token)+256), `{"kind":"`+kind+`","apiVersion":`...)
	b = append(helpers.AppendJSON(b, version), `,"status":{"expirationTimestamp":`...)
	b = append(helpers.AppendJSON(b, cred.Expiry.UTC().Format(time.RFC3339)), `,"token":`...)
	return append(helpers.AppendJSON(b, token), "}}\n"...)
}
