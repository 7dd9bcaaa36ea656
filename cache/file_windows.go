package cache

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

const noFollow = 0

// openShared opens a file for reading, which meanwhile may be renamed and deleted: os.OpenFile keeps
// others from that (https://github.com/golang/go/issues/32088).
func openShared(path string) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	return whenFree(func() (*os.File, error) {
		h, err := windows.CreateFile(name, windows.GENERIC_READ, share, nil, windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL, 0)
		if err != nil {
			return nil, &os.PathError{Op: "open", Path: path, Err: err}
		}
		return os.NewFile(uintptr(h), path), nil
	})
}

// openToWrite opens a file that is there.
func openToWrite(path string) (*os.File, error) {
	return whenFree(func() (*os.File, error) { return os.OpenFile(path, os.O_RDWR, 0) })
}

// whenFree opens a file as soon as no other program has it open alone, as a virus scanner or a backup may for a
// moment.
func whenFree(open func() (*os.File, error)) (*os.File, error) {
	const patience = 2 * time.Second
	begun := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		f, err := open()
		if !isHeld(err) || time.Since(begun)+wait > patience {
			return f, err
		}
		time.Sleep(wait)
	}
}

// isHeld reports an error that says that another program has the file open alone.
func isHeld(err error) bool { return errors.Is(err, windows.ERROR_SHARING_VIOLATION) }

func owner(fs.FileInfo) int    { return -1 }
func links(fs.FileInfo) uint64 { return 1 }
func isLink(error) bool        { return false }
func inode(fs.FileInfo) uint64 { return 0 } // unknown: no file is a copy

// isFull reports an error that says that there is no room.
func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

// On Windows the profile folder's access list is trusted; mode bits say nothing.
const modesCount = false

// syncFolder: NTFS journals a rename by itself.
func syncFolder(string) error { return nil }

func private(create func()) { create() }

// signAt is where the holder signs a lock file: behind the byte that is locked (LockFileEx), which no other
// handle may read or write.
const signAt = 1

// replace tries again for as long as patience: a virus scanner, a backup or a reader that has the file
// open makes a rename fail for a moment.
func replace(from, to string, patience time.Duration) error {
	begun := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		err := os.Rename(from, to)
		if err == nil || time.Since(begun)+wait > patience {
			return err
		}
		time.Sleep(wait)
	}
}

// writableFolder knows only whether there is one: what access lists say shows when it is used.
func writableFolder(path string) error {
	_, err := os.Stat(path)
	return err
}
