//go:build unix

package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

const nonblock = syscall.O_NONBLOCK | syscall.O_NOCTTY

// ownerOf is the user id of a file's owner.
func ownerOf(st fs.FileInfo) (uid int, known bool) {
	s, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}

// rootOutside reports whether f belongs to somebody outside this user namespace whom nobody inside is,
// as the files of a rootless container's host do: they show the overflow uid. Such a file counts as
// root's where nobody in here could have put it there: its folder is ours or the overflow uid's too,
// and neither can be written by group or others. Its own write bits are judged like root's.
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
