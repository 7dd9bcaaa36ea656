package kubectl

import (
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// parent is the process that runs us. It isn't known if that process has ended, so that init is our parent, or without
// /proc.
func parent() (process, bool) {
	pid := os.Getppid()
	if pid <= 1 {
		return process{}, false
	}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return process{}, false
	}
	start, ok := startTime(string(b))
	return process{pid: pid, start: start}, ok
}

// startTime is field 22 of /proc/PID/stat, proc_pid_stat(5). Fields are counted behind the last
// ")": field 2 is the program's name in parentheses, with whatever spaces and parentheses are in it.
func startTime(stat string) (string, bool) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	const first, wanted = 3, 22
	if len(fields) <= wanted-first {
		return "", false
	}
	return fields[wanted-first], true
}

// ours reports whether a file belongs to the effective user of this process.
func ours(fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid()
}
