package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/signin"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// person is who logs in at this terminal.
func (e *errand) person(noBrowser bool) signin.Person {
	who := signin.At(e.Process, e.profile.Name, noBrowser, e.renewer.machine.Hide)
	who.Program, who.Guard = "credential-idcs-controller", untilSignal
	return who
}

// password asks for the password without echo if stdin is a terminal. Else it reads it from stdin, but only with the flag:
// a script may have something else there.
func (e *errand) password(ctx context.Context, named bool) (secret.Text, error) {
	stdin, ok := e.Stdin.(*os.File)
	if !ok || !named && !e.Terminal(0) {
		return secret.Text{}, misuse("login: the password is read from stdin", "credential-idcs-controller login "+text.Word(e.profile.Name)+" --password-stdin")
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	t, err := signin.Password(ctx, stdin, e.Stderr, "Password of "+e.profile.Username)
	if err != nil && !isFailure(err) {
		err = &failure{status: exitFailure, message: err.Error(), err: err}
	}
	return t, err
}

// refreshToken reads one to the end of stdin.
func (e *errand) refreshToken() (secret.Text, error) {
	if e.Terminal(0) {
		e.say("waiting for the refresh token on stdin, Ctrl-D ends it")
	}
	t, err := signin.RefreshToken(e.Stdin)
	if err != nil {
		err = &failure{status: exitConfiguration, message: err.Error(), err: err}
	}
	return t, err
}

func isFailure(err error) bool {
	_, ok := errors.AsType[*failure](err)
	return ok
}

// untilSignal is ctx until a signal ends the process: an open question has to restore the terminal's echo first. Call stop
// once.
func untilSignal(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	came := make(chan os.Signal, 1)
	signal.Notify(came, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-came:
			number, _ := s.(syscall.Signal)
			cancel(&failure{status: 128 + int(number), silent: true, message: "interrupted"})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(came)
		cancel(nil)
	}
}

// discard is the log of a person's command, which prints its own messages.
func discard() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
