package config

import (
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/share"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// An Error is a mistake in the configuration file.
type Error struct {
	File   string // its path; the message has the base name
	Line   int    // from 1; 0 if it is about the file as a whole
	Reason string // names the key; cleaned; no value from the file but names of profiles and targets
	// Short: more text at the end could mend it. Somebody may be saving the file, or the disk was full.
	Short bool
}

// Error is `config.toml:12: unknown key "scopes"; did you mean "scope"?`.
func (e *Error) Error() string {
	s := text.Clean(filepath.Base(e.File)) + ":"
	if e.Line > 0 {
		s += strconv.Itoa(e.Line) + ":"
	}
	return s + " " + e.Reason
}

// A FileError is why a file was not read. Its Problem decides which of the other fields are set.
type FileError struct {
	Path    Path
	Problem Problem
	Mode    fs.FileMode // permission bits, for the modes and owners
	Owner   int         // user id, for the modes and owners
	Self    int         // ours
	// ReadOnly: its file system is mounted read-only, so nobody can change the mode there, as Kubernetes and Compose
	// mount secrets.
	ReadOnly bool
	// Namespace: this is a user namespace, where owners may be others than outside.
	Namespace bool
	Typed     bool  // what is missing is one line that a person can type
	Err       error // the system's, for Unreadable
}

// A Problem is what is wrong with a file.
type Problem int

const (
	Unreadable       Problem = iota // missing, no right to read it, an I/O error
	NotRegular                      // a folder, a fifo, a device
	TooBig                          // above 1 MiB
	ReadableByOthers                // and it holds a secret
	WritableByOthers
	ForeignOwner // neither we nor root
	NoHome       // its path begins with ~/, and HOME isn't set
)

// Error is `client-key.pem can be read by others (mode 0644)`: the name is the one that the
// configuration has.
func (e *FileError) Error() string {
	name := text.Clean(e.Path.Written)
	switch e.Problem {
	case NotRegular:
		return name + " is not a regular file"
	case TooBig:
		return name + " is larger than 1 MiB"
	case ReadableByOthers:
		return name + " can be read by others (mode " + mode(e.Mode) + ")" + e.mount()
	case WritableByOthers:
		return name + " can be written by others (mode " + mode(e.Mode) + ")" + e.mount()
	case ForeignOwner:
		return name + " belongs to another user (uid " + strconv.Itoa(e.Owner) + ")" + e.where()
	case NoHome:
		return name + " can't be found, HOME is not set"
	}
	// The system's error without its operation and path, which the message has already.
	err := e.Err
	if e.Held() {
		return name + " can't be read: another program has it open"
	}
	if pe, ok := err.(*fs.PathError); ok { //nolint:errorlint // only the outermost repeats the path
		err = pe.Err
	}
	return name + " can't be read: " + text.Clean(err.Error())
}

// Held reports that another program has the file open and doesn't share it, as on Windows one can.
func (e *FileError) Held() bool { return share.Held(e.Err) }

// where is the end of a message about an owner who may be another one outside: in a rootless container, the person.
func (e *FileError) where() string {
	if e.Namespace {
		return " inside a user namespace"
	}
	return ""
}

// mount is the end of a message about a mode that can't be changed.
func (e *FileError) mount() string {
	if e.ReadOnly {
		return " on a read-only mount"
	}
	return ""
}

func (e *FileError) Unwrap() error { return e.Err }

func mode(m fs.FileMode) string {
	s := strconv.FormatUint(uint64(m.Perm()), 8)
	return strings.Repeat("0", max(0, 4-len(s))) + s
}

// names is a list for a message: `one, two`.
func names(list []string) string { return text.Clean(strings.Join(list, ", ")) }

// quote is a word of the file or the command line, in quotes.
func quote(s string) string { return strconv.Quote(text.Clean(s)) }
