//go:build unix

package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// open doesn't wait for a fifo's writer, nor does it make a terminal ours.
func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
}

// ownerOf is the user id of a file's owner.
func ownerOf(st fs.FileInfo) (uid int, known bool) {
	s, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}

// rootOutside reports whether f counts as root's because its owner is outside this user namespace, as that of the
// host's files is in a rootless container. Such a file shows the overflow uid. It counts if nobody inside could have
// put it there: its folder is ours or has the overflow uid too, and neither the group nor others can write the file or
// the folder.
// https://man7.org/linux/man-pages/man7/user_namespaces.7.html, "Unmapped user and group IDs"
func rootOutside(f *os.File, st fs.FileInfo, path string) bool {
	overflow, ok := overflowUID()
	if owner, known := ownerOf(st); !ok || !known || owner != overflow {
		return false
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	if now, err := os.Stat(real); err != nil || !os.SameFile(now, st) {
		return false
	}
	folder, err := os.Stat(filepath.Dir(real))
	if err != nil || folder.Mode().Perm()&0o022 != 0 || st.Mode().Perm()&0o022 != 0 {
		return false
	}
	owner, _ := ownerOf(folder)
	return (owner == os.Geteuid() || owner == overflow) && !writable(f)
}
