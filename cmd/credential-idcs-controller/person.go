package main

import (
	"io"
	"log/slog"
	"os"

	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/signin"
)

// person is who logs in at this terminal.
func (e *errand) person(noBrowser bool) signin.Person {
	who := signin.Person{Profile: e.profile.Name, Stderr: e.Stderr}
	if f, ok := e.Stderr.(*os.File); ok {
		who.Screen = host.LookAt(f, e.Getenv)
	}
	if noBrowser || e.Terminal(0) { // a script's stdin is asked only if the script says so
		who.Stdin = e.Stdin
	}
	if noBrowser {
		return who
	}
	o := signin.Opener{Environ: e.Environ(), Hide: e.door.machine.Hide}
	who.Open = o.Open
	return who
}

// discard is the log of a person's command, which says what it has to say itself.
func discard() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
