package main

import "golang.org/x/sys/unix"

// harden keeps the secrets in our memory from being written to a core file or read by a debugger of
// the same user. It returns why the process must not run: with a set-user-ID bit somebody else's
// environment would choose the files that this user's rights open.
func harden() (refusal string) {
	if unix.Getuid() != unix.Geteuid() || unix.Getgid() != unix.Getegid() {
		return "it must not be installed with a set-user-ID or set-group-ID bit"
	}
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	return ""
}
