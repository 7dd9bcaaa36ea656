package helpertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// A Result is what a call wrote, and its exit status.
type Result struct {
	Stdout, Stderr string
	Exit           int
	Writes         int // to stdout
}

// Now is the default time of calls: 9m30s before the default expiry of tokens.
var Now = time.Unix(1790000000, 0).Add(-9*time.Minute - 30*time.Second)

// Run runs one call as the program does: it gives the helper its streams, prints its failure and returns the exit
// status. Fields of call that are set stay as they are.
func Run(ctx context.Context, h helpers.Helper, call helpers.Call, open func() (helpers.Source, error)) Result {
	var out, people counter
	call.Stdout, call.Stderr, call.Open = &out, &people, open
	if call.Stdin == nil {
		call.Stdin = bytes.NewReader(nil)
	}
	if call.Getenv == nil {
		call.Getenv = func(string) string { return "" }
	}
	if call.Now == nil {
		call.Now = func() time.Time { return Now }
	}
	exit := finish(&people, h.Run(ctx, &call))
	return Result{Stdout: out.String(), Stderr: people.String(), Exit: exit, Writes: out.writes}
}

// finish prints the error that a helper returned, and returns the exit status.
func finish(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	var exit *helpers.Exit
	isExit := errors.As(err, &exit)
	if isExit && exit.Err == nil {
		return exit.Status
	}
	f := helpers.AsFailure(err)
	_, _ = io.WriteString(stderr, f.Lines())
	if isExit {
		return exit.Status
	}
	return f.Class.Exit()
}

type counter struct {
	bytes.Buffer
	writes int
}

func (c *counter) Write(b []byte) (int, error) {
	c.writes++
	return c.Buffer.Write(b)
}
