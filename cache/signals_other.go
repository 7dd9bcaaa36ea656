//go:build !unix

package cache

import (
	"os"
	"syscall"
)

var fatal = []os.Signal{os.Interrupt, syscall.SIGTERM}

func isStop(os.Signal) bool { return false }

func stopSelf() {}
