package call

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// harden keeps the secrets in our memory from being written to a core file, which RLIMIT_CORE does for
// a crash and PR_SET_DUMPABLE also for a debugger of the same user and for a core pattern that is a
// pipe. /proc/self then belongs to root, but a process may still read its own links, and stat is
// open to all.
func harden() (refusal string) {
	if privileged() {
		return "it must not be installed with a set-user-ID bit, a set-group-ID bit or capabilities"
	}
	// With fewer the runtime ends the process in its own way, where it opens the first file (netpollinit).
	const files = 8
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err == nil && limit.Cur < files {
		return "it may open only " + strconv.FormatUint(limit.Cur, 10) + " files (ulimit -n), and needs " + strconv.Itoa(files)
	}
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	return ""
}

// atSecure is AT_SECURE of getauxval(3): "a nonzero value if this process should be treated
// securely", because of set-user-ID, set-group-ID, capabilities or a security module.
const atSecure = 23

// privileged reports whether the process has more rights than the user who started it. That user's environment
// would then choose files that are opened with somebody else's rights.
func privileged() bool {
	if unix.Getuid() != unix.Geteuid() || unix.Getgid() != unix.Getegid() {
		return true
	}
	vector, err := unix.Auxv()
	if err != nil {
		return false
	}
	for _, pair := range vector {
		if pair[0] == atSecure {
			return pair[1] != 0
		}
	}
	return false
}
