//go:build !linux

package idcstest

import "net"

// peerLeft can't ask the kernel here; what the connection's reader has seen must do.
func peerLeft(*net.TCPConn) bool { return false }

// received is how many bytes have come from the other end, read or not. Nobody says so here.
func received(*net.TCPConn) uint64 { return 0 }
