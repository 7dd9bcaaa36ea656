//go:build !unix

package cache

import (
	"os"
	"syscall"
)

var fatal = []os.Signal{os.Interrupt, syscall.SIGTERM}

func notifyStop(chan<- os.Signal) {}

func stopSelf() {}

func ignoreReserved() (restore func()) { return func() {} }
