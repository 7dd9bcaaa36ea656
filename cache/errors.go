package cache

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/share"
)

var (
	// ErrNothing says that nothing is stored under the key, and only a person can log in.
	ErrNothing = errors.New("nothing is stored yet")
	// ErrNotFresh says that a caller who wanted no refresh found no fresh token.
	ErrNotFresh = errors.New("no fresh token is stored")
	// ErrNoID says that the domain gives no ID token any more and the stored one is dead.
	ErrNoID = errors.New("the domain sent no ID token with its last answer")
	// ErrNoRefresh says that the stored token is dead and came without a refresh token.
	ErrNoRefresh = errors.New("the token has expired, and the login brought no refresh token")
	// ErrOtherMachine says that the folder was copied from another machine, whose refresh token
	// isn't ours to spend.
	ErrOtherMachine = errors.New("the tokens were obtained by another machine")
	// ErrCopied says that the token file is a copy of another, to which the refresh token belongs.
	ErrCopied = errors.New("the tokens are a copy")
	// ErrTooLate says that the wait for the lock and the connection took so long that an answer might
	// not have been awaited. Nothing was sent.
	ErrTooLate = errors.New("connecting left too little time for the domain's answer, so nothing was sent")
)

// A SpentError says that the domain no longer accepts the stored refresh token.
type SpentError struct {
	// Interrupted is the refresh whose answer was lost, where that is the reason.
	Interrupted *Interrupted
}

// An Interrupted is a refresh that was sent and whose answer was never saved.
type Interrupted struct {
	At  time.Time
	Pid int
}

func (e *SpentError) Error() string { return "the refresh token is spent" }

// A BusyError says that another process held the lock all the time.
type BusyError struct {
	Pid    int // 0: unknown
	Waited time.Duration
}

func (e *BusyError) Error() string {
	if e.Pid == 0 {
		return fmt.Sprintf("another process is refreshing it, waited %d s", int(e.Waited.Seconds()))
	}
	return fmt.Sprintf("another process (pid %d) is refreshing it, waited %d s", e.Pid, int(e.Waited.Seconds()))
}

// A FolderError says why the cache folder or a file in it can't be used. Nothing was changed.
type FolderError struct {
	Path    string
	Problem string      // "can be changed by others (mode 0777)"
	Mode    os.FileMode // what chmod would mend it; 0: it isn't a matter of modes
	Absent  bool        // the folder isn't there and can't be made, or can never be written: nothing is stored
	Full    bool        // there is no room: the disk's, the quota's, or the process' own
	Err     error
}

func (e *FolderError) Error() string {
	if e.Err != nil && !errors.Is(e.Err, errNoFile) {
		return e.Path + ": " + e.Problem + ": " + plainError(e.Err)
	}
	return e.Path + " " + e.Problem
}

func (e *FolderError) Unwrap() error { return e.Err }

// plainError is an error without the path that os adds, which the message has already.
func plainError(err error) string {
	if share.Held(err) {
		return errOpenElsewhere.Error()
	}
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err.Error()
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err.Error()
	}
	return err.Error()
}

// A MeansError says that this process can't have what it needs to store an answer, so nothing was sent.
type MeansError struct {
	Problem string // "can't start the threads that it needs (ulimit -u, or the pids.max of its control group)"
	Err     error
}

func (e *MeansError) Error() string { return "this process " + e.Problem + ": " + plainError(e.Err) }

func (e *MeansError) Unwrap() error { return e.Err }

// A DamagedError says that the token file couldn't be read and was kept aside.
type DamagedError struct{ Aside string }

func (e *DamagedError) Error() string {
	return "the stored tokens were damaged and are kept aside in " + e.Aside
}

// A NewerError says that a newer version of the program wrote the token file.
type NewerError struct{ Path string }

func (e *NewerError) Error() string { return e.Path + " was " + errNewer.Error() }

// A NotSavedError is a warning: a token was obtained and is answered, but isn't durable.
type NotSavedError struct{ Err error }

func (e *NotSavedError) Error() string { return "the new token could not be saved: " + e.Err.Error() }

func (e *NotSavedError) Unwrap() error { return e.Err }

// A SignalError says that a signal came while the answer of the domain was awaited and saved. The
// process now ends with 128 + Number, and nothing is printed.
type SignalError struct{ Number int }

func (e *SignalError) Error() string { return fmt.Sprintf("ended by signal %d", e.Number) }
