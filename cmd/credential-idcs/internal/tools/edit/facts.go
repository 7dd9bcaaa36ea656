package edit

import (
	"errors"
	"io/fs"
	"os"
)

// A Fault is a file that can't be read, written or removed. Why is the cause without the path, which
// the errors of package os say too.
type Fault struct {
	Path, Verb string
	Err        error
}

func (f *Fault) Error() string { return "can't " + f.Verb + " " + f.Path + ": " + f.Why() }

func (f *Fault) Unwrap() error { return f.Err }

// Why is the cause, without the path.
func (f *Fault) Why() string {
	if e, ok := errors.AsType[*fs.PathError](f.Err); ok {
		return e.Err.Error()
	}
	if e, ok := errors.AsType[*os.LinkError](f.Err); ok {
		return e.Err.Error()
	}
	return f.Err.Error()
}

// Changed says that a file is no longer what its Change was made from. Nothing was written.
type Changed struct{ Path string }

func (e *Changed) Error() string { return e.Path + " was changed meanwhile" }

// Locked says that the lock file of a tool is there. Path is the lock's.
type Locked struct{ Path string }

func (e *Locked) Error() string { return e.Path + " exists" }

// NoLink says that something is there that is not a link.
type NoLink struct{ Path string }

func (e *NoLink) Error() string { return e.Path + " is not a link" }
