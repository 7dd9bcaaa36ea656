package idcstest

import (
	"net"

	"golang.org/x/sys/unix"
)

const tcpEstablished = 1 // TCP_ESTABLISHED in the kernel's include/net/tcp_states.h

// peerLeft asks the kernel whether the other end has closed or reset the connection. On loopback it
// knows before the process that did it is reaped, so a client killed a moment ago is never taken for
// one that is still there.
func peerLeft(tcp *net.TCPConn) bool {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return true
	}
	left := true
	_ = raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			left = info.State != tcpEstablished
		}
	})
	return left
}

// received is how many bytes have come from the other end, as the kernel counts them; 0 where it doesn't.
func received(tcp *net.TCPConn) (n uint64) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			n = info.Bytes_received
		}
	})
	return n
}
