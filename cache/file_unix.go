//go:build unix

package cache

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// noFollow opens nothing through a link, and never waits for the other end of a fifo.
const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// openShared opens a file for reading.
func openShared(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDONLY|noFollow, 0) }

// openToWrite opens a file that is there.
func openToWrite(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR|noFollow, 0) }

// createPrivate makes a file that wasn't there, closed to others before a byte is in it.
func createPrivate(path string) (f *os.File, err error) {
	private(func() { f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|noFollow, 0o600) })
	return f, err
}

// owner is the user id that owns a file.
func owner(fi fs.FileInfo) int { return int(fi.Sys().(*syscall.Stat_t).Uid) }

// links is the number of names a file has.
func links(fi fs.FileInfo) uint64 { return uint64(fi.Sys().(*syscall.Stat_t).Nlink) }

// inode is the number of a file, which a rename keeps and a copy doesn't.
func inode(fi fs.FileInfo) uint64 { return uint64(fi.Sys().(*syscall.Stat_t).Ino) }

// isFull reports an error that says that there is no room: the disk's, the quota's, the process' own.
func isFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG)
}

// isLink reports the error that O_NOFOLLOW gives for a link.
func isLink(err error) bool { return errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EMLINK) }

const modesCount = true // mode bits and owners mean something

// syncFolder makes a rename in dir durable. Some file systems can't sync a folder and say EINVAL.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	return nil
}

var umask sync.Mutex

// private makes what create makes closed to others and open to us from its first moment, whatever
// the umask is. A mode set afterwards comes too late for another process that finds the file before:
// under a umask of 777 it could not open it.
func private(create func()) {
	umask.Lock()
	defer umask.Unlock()
	defer unix.Umask(unix.Umask(0o077))
	create()
}

// replace needs no patience: a rename is nobody's to prevent for a moment.
func replace(from, to string, _ time.Duration) error { return os.Rename(from, to) }

// signAt is where the holder signs a lock file.
const signAt = 0

// writableFolder is why we can't make a file in a folder, or nil.
func writableFolder(path string) error { return unix.Access(path, unix.W_OK|unix.X_OK) }
