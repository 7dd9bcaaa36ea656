// Kubelet-credentials is the part of a kubelet that asks credential providers before it pulls an image,
// for tests: a whole kubelet wants a container runtime and a node of its own.
//
//	kubelet-credentials CONFIG FOLDER
//
// CONFIG and FOLDER are what a kubelet gets as --image-credential-provider-config and
// --image-credential-provider-bin-dir. It reads images, one a line, and writes for each what the kubelet
// would pull it with, a JSON array a line. What the kubelet logs goes to stderr.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/kubernetes/pkg/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: kubelet-credentials CONFIG FOLDER")
		os.Exit(2)
	}
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "kubelet-credentials:", err)
		os.Exit(1)
	}
}

func serve(config, folder string) error {
	// No functions for service accounts: no provider here asks for their tokens.
	if err := plugin.RegisterCredentialProviderPlugins(config, folder, nil, nil); err != nil {
		return err
	}
	keyring := plugin.NewExternalCredentialProviderDockerKeyring("", "", "", "")
	out := json.NewEncoder(os.Stdout)
	images := bufio.NewScanner(os.Stdin)
	for images.Scan() {
		found, _ := keyring.Lookup(images.Text())
		auths := []credentialprovider.AuthConfig{}
		for _, f := range found {
			auths = append(auths, f.AuthConfig)
		}
		if err := out.Encode(auths); err != nil {
			return err
		}
	}
	return images.Err()
}
