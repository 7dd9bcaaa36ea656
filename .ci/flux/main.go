// Flux-credentials is the parts of Flux that read Secrets, for tests: those of a GitRepository, and of an OCIRepository.
//
//	flux-credentials git|oci URL <SECRET
//
// It reads a Secret, JSON, and writes the user name and the password that Flux would log in with.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/fluxcd/pkg/git"
	"github.com/google/go-containerregistry/pkg/authn/kubernetes"
	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: flux-credentials git|oci URL <SECRET")
		os.Exit(2)
	}
	if err := show(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "flux-credentials:", err)
		os.Exit(1)
	}
}

func show(kind, at string) error {
	var s corev1.Secret
	if err := json.NewDecoder(os.Stdin).Decode(&s); err != nil {
		return err
	}
	read := ofGit
	if kind == "oci" {
		read = ofRegistry
	}
	username, password, err := read(&s, at)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]string{"username": username, "password": password})
}

func ofGit(s *corev1.Secret, at string) (username, password string, err error) {
	u, err := url.Parse(at)
	if err != nil {
		return "", "", err
	}
	o, err := git.NewAuthOptions(*u, s.Data)
	if err != nil {
		return "", "", err
	}
	return o.Username, o.Password, o.Validate()
}

func ofRegistry(s *corev1.Secret, at string) (username, password string, err error) {
	keychain, err := kubernetes.NewFromPullSecrets(context.Background(), []corev1.Secret{*s})
	if err != nil {
		return "", "", err
	}
	image, err := name.ParseReference(at)
	if err != nil {
		return "", "", err
	}
	login, err := keychain.Resolve(image.Context())
	if err != nil {
		return "", "", err
	}
	config, err := login.Authorization()
	if err != nil {
		return "", "", err
	}
	if config.Password == "" {
		return "", "", errors.New("no login for " + at)
	}
	return config.Username, config.Password, nil
}
