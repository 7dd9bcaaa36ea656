// Command credential-idcs-controller keeps the tokens of an Oracle identity domain fresh for a Kubernetes cluster, in
// Secrets that kubelet, Argo CD, Flux, Helm, Tekton and pods can read.
//
// Replicas elect one of them by a Lease; it renews each profile's token and writes it into Secrets. The configuration is
// that of credential-idcs, with [[publish]] tables. See `credential-idcs-controller help`.
package main

import (
	"context"
	"os"

	"github.com/credential-idcs/credential-idcs/internal/host"
)

func main() {
	host.UnsetTrust()
	os.Exit(run(context.Background(), host.This("credential-idcs-controller")))
}
