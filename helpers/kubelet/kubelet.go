// Package kubelet is a kubelet's image credential provider: `credential-idcs kubelet`.
//
// A kubelet whose CredentialProviderConfig lists it starts it before it pulls an image that
// matchImages covers, with a CredentialProviderRequest on stdin, and reads a
// CredentialProviderResponse. Facts:
// https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/ and
// k8s.io/kubelet/pkg/apis/credentialprovider/v1. The few fields that matter are declared here, as
// linking that package costs each call more than all the rest; it is in the tests.
//
// # No person
//
// A node has no person. A login that a person made there ends with its refresh token, and then no pod of the node starts.
// So a profile whose login needs a person is always refused, even while its tokens are usable.
//
// # The environment
//
// It is the kubelet's own, and env of the configuration. A service has no HOME, so env must set one.
//
// # What the kubelet caches
//
// It caches an answer by registry for cacheDuration, which therefore ends before the token expires, and no failure. An
// image of another registry gets an answer without auth, which isn't cached, and other providers may answer.
package kubelet

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// usageLine is how it is run.
const usageLine = "credential-idcs kubelet [--profile NAME] [--config FILE]"

// Helper is the kubelet's row in the program's table.
var Helper = helpers.Helper{
	Name:  "kubelet",
	About: "answer a kubelet (CredentialProviderConfig, to pull images)",
	Usage: usageLine,
	Run:   run,
}

const (
	version = "credentialprovider.kubelet.k8s.io/v1"
	kind    = "CredentialProviderRequest"
)

// need is the life that an answer should have left: pulling a large image takes minutes.
const need = 300 * time.Second

func run(ctx context.Context, call *helpers.Call) error {
	if len(call.Args) > 0 {
		return &helpers.Failure{Class: helpers.Usage, Message: "usage: " + usageLine}
	}
	image, err := readRequest(call)
	if err != nil {
		return err
	}
	host := registry(image)
	target, err := helpers.ParseGit("https", host, "")
	if err != nil {
		return call.PrintJSON(notOurs())
	}
	source, err := call.Open()
	if err != nil {
		return err
	}
	query := helpers.Query{Target: target, Profile: call.Profile, Kind: helpers.Registry, Need: need}
	cred, err := credential(ctx, source, query)
	if err != nil {
		f := helpers.AsFailure(err)
		if f.Class == helpers.NotConfigured {
			return call.PrintJSON(notOurs())
		}
		return f
	}
	r := notOurs()
	r.CacheDuration = remaining(cred.Expiry, call.Now()).String()
	r.Auth = map[string]login{host: {Username: cred.Username, Password: cred.Secret.Reveal()}}
	return call.PrintJSON(r)
}

func credential(ctx context.Context, source helpers.Source, query helpers.Query) (helpers.Credential, error) {
	owner, err := source.Owner(query)
	if err != nil {
		return helpers.Credential{}, err
	}
	if !owner.Unattended {
		return helpers.Credential{}, &helpers.Failure{
			Class:   helpers.Profile,
			Message: "profile " + owner.Profile + `: its login needs a person, and a kubelet has none (login = "assertion" or "client_credentials" needs nobody)`,
		}
	}
	return helpers.Fetch(ctx, source, query)
}

// readRequest reads the request and returns its image.
func readRequest(call *helpers.Call) (image string, err error) {
	b, err := call.Input("a " + kind)
	if err != nil {
		return "", malformed(err.Error())
	}
	request, ok := helpers.ParseObject(b)
	switch {
	case !ok:
		return "", malformed("the request is not the JSON of a " + kind)
	case request.String("kind") != kind:
		return "", malformed("the request is not of kind " + kind)
	case request.String("apiVersion") != version:
		return "", malformed("the request has apiVersion " + text.Clean(request.String("apiVersion")) + ", only " + version + " is known")
	case given(request["serviceAccountToken"]):
		return "", malformed("the request has a service account's token, which is not supported (remove tokenAttributes from the CredentialProviderConfig)")
	}
	if image = request.String("image"); image == "" {
		return "", malformed("the request names no image")
	}
	return image, nil
}

// given reports whether a property has a value, of whatever type.
func given(raw json.RawMessage) bool {
	v := string(raw)
	return v != "" && v != "null" && v != `""`
}

// registry is the host of an image's name as it is written there, empty if it has none: then it is Docker Hub. Everybody
// distinguishes a host from the first part of a path like this (splitDockerDomain of
// https://github.com/distribution/reference).
func registry(image string) string {
	host, _, ok := strings.Cut(image, "/")
	if !ok || !strings.ContainsAny(host, ".:") && host != "localhost" {
		return ""
	}
	return host
}

// remaining is the time until an answer expires, in whole seconds, never negative.
func remaining(expiry, now time.Time) time.Duration {
	return max(0, expiry.Sub(now).Truncate(time.Second))
}

func malformed(why string) error {
	return &helpers.Failure{Class: helpers.Malformed, Message: why}
}

// A response is CredentialProviderResponse of the kubelet's API.
type response struct {
	Kind          string           `json:"kind"`
	APIVersion    string           `json:"apiVersion"`
	CacheKeyType  string           `json:"cacheKeyType"`
	CacheDuration string           `json:"cacheDuration"` // as Go writes durations: "9m30s"
	Auth          map[string]login `json:"auth,omitempty"`
}

type login struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

func notOurs() response {
	return response{Kind: "CredentialProviderResponse", APIVersion: version, CacheKeyType: "Registry", CacheDuration: "0s"}
}
