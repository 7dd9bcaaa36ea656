//go:build unix && !linux

package call

import "golang.org/x/sys/unix"

// harden is what harden_linux.go does, as far as all Unix systems have it.
func harden() (refusal string) {
	if unix.Getuid() != unix.Geteuid() || unix.Getgid() != unix.Getegid() {
		return "it must not be installed with a set-user-ID or set-group-ID bit"
	}
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	return ""
}
