// Command credential-idcs gives git, docker, kubectl and their relatives the access token of an
// Oracle identity domain: one login, then each tool gets a valid token by itself.
//
// It acts by the name it is run under (git-credential-idcs, docker-credential-idcs), else by its first
// argument. `credential-idcs help` is the manual.
package main

import (
	"context"
	"os"
)

// version is set by install.sh and by a release; "" in what `go install` builds.
var version string

func main() {
	p := thisProcess()
	os.Exit(run(context.Background(), p))
}
