package call

import (
	"bytes"
	"context"
	"io"

	"github.com/credential-idcs/credential-idcs/internal/host"
)

// running is the process that init has prepared, nil if it has prepared none.
var running *host.Process

// This returns the running process, hardened, with its input unread.
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

// first answers a call from the files alone. If they don't have the answer, nothing was printed, and p.Stdin gives
// the whole input again.
func first(ctx context.Context, p *host.Process) (status int, answered bool) {
	a := &App{Process: p}
	h, args := a.helper()
	switch {
	case h == nil || h.Converses || p.Refusal != "":
		return 0, false
	case a.logs(args):
		return 0, false // the log has one beginning and one end
	case p.Terminal(0):
		return 0, false // a person types: a helper's hint must be printed before it reads, and here it is held back
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

// deliver writes everything at once: a client would use a part of an answer as if it were all.
func deliver(to io.Writer, from *bytes.Buffer) bool {
	if from.Len() == 0 {
		return true
	}
	_, err := to.Write(from.Bytes())
	return err == nil
}

// A replay stores what is read, for again. Each helper limits how much it reads.
type replay struct {
	from io.Reader
	read bytes.Buffer
}

func (r *replay) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	r.read.Write(b[:n])
	return n, err
}

// again returns the same input from its beginning.
func (r *replay) again() io.Reader {
	if r.read.Len() == 0 {
		return r.from
	}
	return io.MultiReader(&r.read, r.from)
}
