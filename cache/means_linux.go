package cache

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What the window between sending and saving takes at most. Where one of these is short the runtime
// ends the process in the middle, and the answer with it.
const (
	meansThreads     = 8
	meansDescriptors = 4
	meansMemory      = 24 << 20 // of address space: an answer of 1 MiB, taken apart and written, with what is garbage by then
	meansPages       = 8 << 20  // of that, what such an answer really takes
)

// gather gets all that the window needs while nothing has been sent: threads, descriptors and memory.
// The descriptors are held until release is called, just before they are needed; threads and memory
// stay with the runtime, which uses idle ones first and gives no address space back.
func gather(dir string) (release func(), err error) {
	var spare []*os.File
	release = func() {
		for _, f := range spare {
			_ = f.Close()
		}
	}
	for range meansDescriptors {
		f, err := os.Open(dir)
		if err != nil {
			release()
			return nil, &MeansError{Problem: "can't open the files that it needs (ulimit -n)", Err: err}
		}
		spare = append(spare, f)
	}
	if err := groupMemory("", meansPages); err != nil {
		release()
		return nil, &MeansError{Problem: "can't have the memory that it needs (the memory.max of its control group)", Err: err}
	}
	if had.Load() {
		return release, nil
	}
	if err := gatherMemory(); err != nil {
		release()
		return nil, &MeansError{Problem: "can't have the memory that it needs (ulimit -v)", Err: err}
	}
	if err := gatherThreads(); err != nil {
		release()
		return nil, &MeansError{Problem: "can't start the threads that it needs (ulimit -u, or the pids.max of its control group)", Err: err}
	}
	had.Store(true)
	return release, nil
}

// had: this process has had the threads and the memory, and so has them.
var had atomic.Bool

// gatherMemory makes the heap large enough. The kernel is asked first: the runtime would end the
// process where it gets none.
func gatherMemory() error {
	b, err := unix.Mmap(-1, 0, 2*meansMemory, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	if err := unix.Munmap(b); err != nil {
		return err
	}
	ballast := make([]byte, meansMemory)
	runtime.KeepAlive(ballast)
	ballast = nil
	runtime.GC() // what was the ballast is free now, and stays mapped
	return nil
}

// gatherThreads starts threads and lets them idle. As with memory the kernel is asked first.
func gatherThreads() error {
	if err := probeTasks(meansThreads); err != nil {
		return err
	}
	var started, ended sync.WaitGroup
	started.Add(meansThreads)
	all := make(chan struct{})
	for range meansThreads {
		ended.Go(func() {
			runtime.LockOSThread() // one for each, at the same time
			defer runtime.UnlockOSThread()
			started.Done()
			<-all
		})
	}
	started.Wait()
	close(all)
	ended.Wait()
	return nil
}

// probeTasks reports whether n more tasks may be started now, for which a process counts like a thread
// (RLIMIT_NPROC, pids.max, threads-max): it forks n that do nothing, and kills them.
func probeTasks(n int) error {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" { // the order of clone's arguments
		return nil
	}
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
	parent := uintptr(os.Getpid())
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
		pid, errno := forkIdle(parent)
		switch errno {
		case 0:
			pids = append(pids, int(pid))
		case unix.EAGAIN, unix.ENOMEM:
			return errno
		default: // a filter allows no process: that says nothing about threads
			return nil
		}
	}
	return nil
}

func sigprocmask(how int, set, old *[16]uint64) bool {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, uintptr(how), uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
	return errno == 0
}

// forkIdle starts a process that sleeps. It dies with the parent, whose lock it shares until then, and
// sends no signal at its end. Behind the fork only system calls may follow: of the runtime's threads
// the child has one.
//
//go:norace
//go:nosplit
func forkIdle(parent uintptr) (pid uintptr, errno unix.Errno) {
	pid, _, errno = unix.RawSyscall6(unix.SYS_CLONE, 0, 0, 0, 0, 0, 0)
	if errno != 0 || pid != 0 {
		return pid, errno
	}
	_, _, _ = unix.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0, 0)
	if ppid, _, _ := unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0); ppid == parent {
		second := [2]int64{1, 0}
		_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&second)), 0, 0)
	}
	for {
		_, _, _ = unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
}
