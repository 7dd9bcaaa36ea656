package idcstest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync/atomic"
)

var ports atomic.Uint32

// FreePort is a port of 127.0.0.1 for a program that listens there later. It is below those that systems hand out
// by themselves (from 32768 up): one of those could go to the next connection or listener of the test. No other
// test of this process is given it, and one of another process hardly, as they begin at different places.
func FreePort() (port int, err error) {
	for range 1000 {
		port = 20_000 + (os.Getpid()*397+int(ports.Add(1)))%12_000
		// On all addresses: a server of another test may have one of its own. Windows would ask a person for that.
		free := runtime.GOOS == "windows" || listens(fmt.Sprintf("0.0.0.0:%d", port))
		if free && listens(fmt.Sprintf("127.0.0.1:%d", port)) {
			return port, nil
		}
	}
	return 0, errors.New("no free port")
}

func listens(address string) bool {
	l, err := net.Listen("tcp4", address)
	if err == nil {
		err = l.Close()
	}
	return err == nil
}
