package share

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

// Brief is for what a virus scanner does with a file that it sees for the first time.
const Brief = time.Second

// Held reports an error that says that another program has a file open and doesn't share it.
func Held(err error) bool { return errors.Is(err, windows.ERROR_SHARING_VIOLATION) }

const everybody = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE

// Open opens a file for reading, which meanwhile may be renamed and deleted: os.Open keeps others from that
// (https://github.com/golang/go/issues/32088).
func Open(path string, patience time.Duration) (f *os.File, err error) {
	err = again(patience, Held, func() error {
		h, err := open(path, windows.GENERIC_READ)
		if err != nil {
			return &os.PathError{Op: "open", Path: path, Err: err}
		}
		f = os.NewFile(uintptr(h), path)
		return nil
	})
	return f, err
}

func open(path string, access uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	return windows.CreateFile(name, access, everybody, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS, 0) // folders, too
}

// Create makes a file that isn't there. The name of one that was deleted while another program has it open is free
// only when that closes it, where the file system knows no better.
func Create(path string) (f *os.File, err error) {
	going := func(err error) bool {
		if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrExist) {
			return false
		}
		h, err := open(path, windows.GENERIC_READ)
		if err == nil {
			_ = windows.CloseHandle(h)
		}
		return errors.Is(err, fs.ErrPermission) // nobody gets it any more
	}
	err = again(Brief, going, func() error {
		f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		return err
	})
	return f, err
}

// Rename gives a file the name of another one in the same folder, as soon as others let it: it tries for as long as
// patience. In the end the error says whether another program is the reason, for which Windows has no word of its
// own. A file that others have open and share, and one that is marked as read-only, are replaced as well.
func Rename(from, to string, patience time.Duration) error {
	err := again(patience, hindered, func() error { return rename(from, to) })
	for _, path := range []string{from, to} {
		if err == nil || Held(err) {
			return err
		}
		h, failed := open(path, windows.DELETE)
		if failed == nil {
			_ = windows.CloseHandle(h)
		} else if Held(failed) {
			err = &os.LinkError{Op: "rename", Old: from, New: to, Err: failed}
		}
	}
	return err
}

func rename(from, to string) error {
	// os.Rename doesn't replace what somebody has open, but os.Root does (FILE_RENAME_POSIX_SEMANTICS).
	if dir, err := os.OpenRoot(filepath.Dir(to)); err == nil {
		defer dir.Close()
		if dir.Rename(filepath.Base(from), filepath.Base(to)) == nil {
			return nil
		}
	}
	err := os.Rename(from, to) // a file server may know no other way
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	old, failed := os.Lstat(to)
	if failed != nil || !old.Mode().IsRegular() || old.Mode().Perm()&0o200 != 0 || os.Chmod(to, 0o600) != nil {
		return err
	}
	if err = os.Rename(from, to); err != nil {
		_ = os.Chmod(to, old.Mode())
	}
	return err
}

// Remove deletes a file as soon as others let it.
func Remove(path string) error {
	return again(Brief, hindered, func() error { return os.Remove(path) })
}

// hindered reports an error that may be another program's doing: where it is the name that is held and not the file,
// Windows says that access is denied.
func hindered(err error) bool { return Held(err) || errors.Is(err, fs.ErrPermission) }

// again tries for as long as time may help, and is left.
func again(patience time.Duration, helps func(error) bool, try func() error) error {
	begun := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		err := try()
		if !helps(err) || time.Since(begun)+wait > patience {
			return err
		}
		time.Sleep(wait)
	}
}
