package config

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// overflowUID is the user id that this user namespace shows for owners who aren't in it; false: this is the first
// namespace, where that number is a user like others.
func overflowUID() (int, bool) {
	m, err := os.ReadFile("/proc/self/uid_map")
	if err != nil || strings.Join(strings.Fields(string(m)), " ") == "0 0 4294967295" {
		return 0, false
	}
	b, err := os.ReadFile("/proc/sys/kernel/overflowuid")
	if err != nil {
		return 65534, true
	}
	uid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	return uid, err == nil && uid != os.Geteuid()
}

// writable reports whether we could write f, whatever its mode says.
func writable(f *os.File) bool {
	return unix.Faccessat(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(int(f.Fd())), unix.W_OK, unix.AT_EACCESS) == nil
}

// readOnly reports whether f is on a read-only mount.
func readOnly(f *os.File) bool {
	var st unix.Statfs_t
	return unix.Fstatfs(int(f.Fd()), &st) == nil && st.Flags&unix.ST_RDONLY != 0
}
