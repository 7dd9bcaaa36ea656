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
	h, err := windows.CreateFile(name, windows.GENERIC_READ, share, nil, windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

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

// replace tries again for a tenth of a second: a virus scanner or a reader that has the file open
// makes a rename fail for a moment.
func replace(from, to string) error {
	var err error
	for range 10 {
		if err = os.Rename(from, to); err == nil {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

func processAlive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = p.Release()
	return true
}
