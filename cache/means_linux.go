package cache

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"

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

// gatherMemory makes the heap large enough, where something limits it. The kernel is asked first: the
// runtime would end the process where it gets none.
func gatherMemory() error {
	b, err := unix.Mmap(-1, 0, 2*meansMemory, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	if err := unix.Munmap(b); err != nil {
		return err
	}
	if !memoryLimited() { // what was to be had now is to be had later, and a collection costs 5 ms
		return nil
	}
	ballast := make([]byte, meansMemory)
	runtime.KeepAlive(ballast)
	ballast = nil
	runtime.GC() // what was the ballast is free now, and stays mapped
	return nil
}

// memoryLimited reports whether the kernel may refuse address space to this process: by its own limits, or
// because it counts what all processes may write (proc_sys_vm(5), overcommit_memory).
func memoryLimited() bool {
	for _, what := range []int{unix.RLIMIT_AS, unix.RLIMIT_DATA} {
		var limit unix.Rlimit
		if err := unix.Getrlimit(what, &limit); err != nil || limit.Cur != unix.RLIM_INFINITY {
			return true
		}
	}
	mode, ok := readNumber("/proc/sys/vm/overcommit_memory")
	return !ok || mode == 2
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
