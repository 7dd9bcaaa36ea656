package cache

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"

	"github.com/credential-idcs/credential-idcs/internal/share"
)

const noFollow = 0

// openShared opens a file for reading, which meanwhile may be renamed and deleted.
func openShared(path string) (*os.File, error) { return share.Open(path, 0) }

// openToWrite opens a file that is there.
func openToWrite(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR, 0) }

// createPrivate makes a file that wasn't there.
func createPrivate(path string) (*os.File, error) { return share.Create(path) }

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

// replace tries again for as long as patience: a virus scanner, a backup or a reader that has one of the two
// open makes a rename fail for a moment.
func replace(from, to string, patience time.Duration) error { return share.Rename(from, to, patience) }

// writableFolder knows only whether there is one: what access lists say shows when it is used.
func writableFolder(path string) error {
	_, err := os.Stat(path)
	return err
}
