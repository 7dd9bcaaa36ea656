//go:build amd64 || arm64

package cache

import (
	"errors"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// probeTasks reports whether n more tasks may be started now, for which a process counts like a thread
// (RLIMIT_NPROC, pids.max, threads-max): it starts n that do nothing, and kills them. They share the memory,
// as a fork would copy the page tables each time.
func probeTasks(n int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// No handler of the runtime's may run in a child.
	var none, old [16]uint64 // a sigset_t, with room
	for i := range none {
		none[i] = ^uint64(0)
	}
	if !sigprocmask(unix.SIG_SETMASK, &none, &old) {
		return nil
	}
	defer sigprocmask(unix.SIG_SETMASK, &old, nil)
	var pids []int
	defer func() {
		for _, pid := range pids {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		for _, pid := range pids {
			for {
				if _, err := unix.Wait4(pid, nil, unix.WALL, nil); !errors.Is(err, unix.EINTR) {
					break
				}
			}
		}
	}()
	for range n {
		pid := startIdle(unix.CLONE_VM, &idle)
		switch errno := unix.Errno(-pid); {
		case pid > 0:
			pids = append(pids, pid)
		case errno == unix.EAGAIN, errno == unix.ENOMEM:
			return errno
		default: // a filter allows no process: that says nothing about threads
			return nil
		}
	}
	return nil
}

// idle is how long a task of startIdle lives, should this process be killed before it kills the task. So
// long others may wait for the lock, which the task has open, too.
var idle = unix.Timespec{Nsec: 50e6}

// startIdle starts a process that sleeps and ends, and returns its pid or a negative errno. It sends no
// signal at its end, and uses no stack: in shared memory that would be its parent's.
//
//go:noescape
func startIdle(flags uintptr, sleep *unix.Timespec) (pid int)

func sigprocmask(how int, set, old *[16]uint64) bool {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, uintptr(how), uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
	return errno == 0
}
