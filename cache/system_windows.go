package cache

import (
	"strconv"

	"golang.org/x/sys/windows"
)

// startTells: two starts of one pid are two processes, since both are absolute times.
const startTells = true

// processStart is when a process was made, in 100 ns since 1601. A process that has ended is still there
// for as long as somebody has a handle of it; then it is signalled.
func processStart(pid int) (start string, alive bool) {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE|windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return "", err == windows.ERROR_ACCESS_DENIED // another user's
	}
	defer windows.CloseHandle(h)
	if event, err := windows.WaitForSingleObject(h, 0); err != nil || event != uint32(windows.WAIT_TIMEOUT) {
		return "", false
	}
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(h, &created, &exited, &kernel, &user); err != nil {
		return "", true
	}
	return strconv.FormatUint(uint64(created.HighDateTime)<<32|uint64(created.LowDateTime), 10), true
}
