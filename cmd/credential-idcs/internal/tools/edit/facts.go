package edit

import (
	"errors"
	"io/fs"
	"os"

	"github.com/credential-idcs/credential-idcs/internal/share"
)

// A Fault is returned for a file that can't be read, written or removed.
type Fault struct {
	Path, Verb string // Verb is "read", "write" or "remove"
	Err        error
}

func (f *Fault) Error() string { return "can't " + f.Verb + " " + f.Path + ": " + f.Why() }

func (f *Fault) Unwrap() error { return f.Err }

// Why is the cause, without the path.
func (f *Fault) Why() string {
	if share.Held(f.Err) { // Windows has a sentence for it
		return "another program has it open"
	}
	if e, ok := errors.AsType[*fs.PathError](f.Err); ok {
		return e.Err.Error()
	}
	if e, ok := errors.AsType[*os.LinkError](f.Err); ok {
		return e.Err.Error()
	}
	return f.Err.Error()
}

// Changed is returned if a file is no longer what its Change was made from. Nothing was written.
type Changed struct{ Path string }

func (e *Changed) Error() string { return e.Path + " was changed meanwhile" }

// Locked is returned if the lock file of a tool exists. Path is the lock's.
type Locked struct{ Path string }

func (e *Locked) Error() string { return e.Path + " exists" }

// NoLink is returned for a path at which there is something else than a link.
type NoLink struct{ Path string }

func (e *NoLink) Error() string { return e.Path + " is not a link" }
