//go:build !inmain

package call

import (
	"context"
	"os"

	"github.com/credential-idcs/credential-idcs/internal/host"
)

// Most calls are answered from a file. Such a call is over before what only a refresh needs is initialised:
// Go initialises packages in the order of their import paths, among those whose imports are ready
// (https://go.dev/ref/spec#Package_initialization), and this package needs neither net nor crypto/tls nor
// the libraries of commands. So this init, the only one of the project, gives the answer; CONTRIBUTING has
// what it saves. Whatever it can't answer it leaves to main, which begins the same call anew. The tag inmain is for bench
// alone: it shows what the same call costs without.

func init() {
	p := host.This("credential-idcs")
	if h, _ := (&App{Process: p}).helper(); h == nil {
		return // a command of people, or a test
	}
	growStack(false)
	prepare(p)
	if status, answered := Run(context.Background(), p, nil); answered {
		os.Exit(status)
	}
	running = p
}
