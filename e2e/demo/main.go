// Demo shows the main job of credential-idcs on one machine, without any account.
//
//	./install.sh --demo
//
// It is run with the folder that holds the built program and its links. It starts a strict identity
// domain (idcs/idcstest), a git server, a registry and a Kubernetes API endpoint (e2e/rig/servers), all
// on loopback over https, all wanting that domain's access tokens. Then the real git, docker and
// kubectl run as a person would run them, before the login, after it, and when the token has
// expired. Each command is printed with what came back and with what the domain heard meanwhile.
//
// Nothing is simulated on the client's side, and nothing is skipped in silence: docker and kubectl
// may be absent, which is said. The demo ends with an error if anything came out otherwise than it
// should. All files lie in one temporary folder, which goes at the end or at a signal.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: demo FOLDER_OF_THE_PROGRAM")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, demo{bin: os.Args[1], dockerHost: os.Getenv("DOCKER_HOST"), out: os.Stdout})
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case interrupted:
		fmt.Fprintln(os.Stderr, "demo: interrupted")
		os.Exit(130)
	case errors.Is(err, errNotAsExpected):
		os.Exit(1) // it has been said where it happened
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
