//go:build !linux

package cache

import (
	"os"
	"time"
)

func bootClock() time.Duration { return 0 }

// machineID: elsewhere nothing stable is to be had without asking a service, so copies of the
// folder aren't told from the original.
func machineID() string { return "" }

func networkFS(string) bool { return false }

// lastingInodes: nobody has seen yet what the file systems elsewhere do, so no file is called a copy.
func lastingInodes(string) bool { return false }

// processStart can't tell when a process started; whether it lives is asked by the signal 0 where
// there are signals.
func processStart(pid int) (start string, alive bool) {
	return "", pid == os.Getpid() || processAlive(pid)
}

func pidNamespace() string { return "" }
