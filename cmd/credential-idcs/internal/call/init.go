//go:build !inmain

package call

import (
	"context"
	"os"

	"github.com/credential-idcs/credential-idcs/internal/host"
)

// Most calls are answered from a file. This init, the only one of the project, does that before the packages
// that only a refresh needs are initialised: among packages whose imports are ready, Go initialises in the order
// of their import paths (https://go.dev/ref/spec#Package_initialization), and this package imports neither net
// nor crypto/tls nor the libraries of commands. CONTRIBUTING has what it saves. A call that it can't answer is
// left to main, which begins it anew. With the tag inmain, which only bench uses, every call is left to main.

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
