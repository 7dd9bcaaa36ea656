package cache

import (
	"io/fs"
	"os"
	"time"
)

const noFollow = 0

func owner(fs.FileInfo) int    { return -1 }
func links(fs.FileInfo) uint64 { return 1 }
func isLink(error) bool        { return false }

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
