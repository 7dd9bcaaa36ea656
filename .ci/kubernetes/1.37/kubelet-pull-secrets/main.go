// Kubelet-pull-secrets is the part of a kubelet that reads imagePullSecrets, for tests.
//
//	kubelet-pull-secrets IMAGE <SECRET
//
// It reads a Secret, JSON, and writes what the kubelet would pull the image with, a JSON array.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/secrets"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: kubelet-pull-secrets IMAGE <SECRET")
		os.Exit(2)
	}
	if err := show(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "kubelet-pull-secrets:", err)
		os.Exit(1)
	}
}

func show(image string) error {
	var s corev1.Secret
	if err := json.NewDecoder(os.Stdin).Decode(&s); err != nil {
		return err
	}
	keyring, err := secrets.MakeDockerKeyring([]corev1.Secret{s}, &credentialprovider.BasicDockerKeyring{})
	if err != nil {
		return err
	}
	found, _ := keyring.Lookup(image)
	auths := []credentialprovider.AuthConfig{}
	for _, f := range found {
		auths = append(auths, f.AuthConfig)
	}
	return json.NewEncoder(os.Stdout).Encode(auths)
}
