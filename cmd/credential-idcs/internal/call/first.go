package call

import (
	"bytes"
	"context"
	"io"

	"github.com/credential-idcs/credential-idcs/internal/host"
)

// running is the process that init has looked at, with its input as if nobody had read it.
var running *host.Process

// This is the running process, hardened.
func This() *host.Process {
	if running != nil {
		return running
	}
	p := host.This("credential-idcs")
	prepare(p)
	return p
}

func prepare(p *host.Process) {
	p.Dropped, p.HomeTaken = dropRelative(), takeHome()
	p.Refusal = harden()
}

// first answers a call by the files alone. If they don't have the answer, nothing was printed, and p's Stdin
// is as it was.
func first(ctx context.Context, p *host.Process) (status int, answered bool) {
	a := &App{Process: p}
	h, args := a.helper()
	switch {
	case h == nil || h.Converses || p.Refusal != "":
		return 0, false
	case a.logs(args):
		return 0, false // the log has one beginning and one end
	case p.Terminal(0):
		return 0, false // a person who is told what to type, at once
	}
	in := &replay{from: p.Stdin}
	var out, problems bytes.Buffer
	own := *p
	own.Stdin, own.Stdout, own.Stderr = in, &out, &problems
	a.Process = &own
	status = a.End(a.call(ctx, h, args))
	if a.unanswered || !deliver(p.Stdout, &out) {
		p.Stdin = in.again()
		return 0, false
	}
	deliver(p.Stderr, &problems)
	return status, true
}

// deliver writes all of it at once: clients use what they have got.
func deliver(to io.Writer, from *bytes.Buffer) bool {
	if from.Len() == 0 {
		return true
	}
	_, err := to.Write(from.Bytes())
	return err == nil
}

// A replay keeps what is read, which a helper limits.
type replay struct {
	from io.Reader
	read bytes.Buffer
}

func (r *replay) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	r.read.Write(b[:n])
	return n, err
}

// again is the same input from its beginning.
func (r *replay) again() io.Reader {
	if r.read.Len() == 0 {
		return r.from
	}
	return io.MultiReader(&r.read, r.from)
}
