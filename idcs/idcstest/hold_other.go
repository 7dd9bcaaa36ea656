//go:build !linux

package idcstest

import "net"

// hold leaves it to the system which port it is: it can't be kept here while the domain is down.
func hold() (address string, release func(), err error) { return "127.0.0.1:0", func() {}, nil }

func listenAt(address string) (net.Listener, error) { return net.Listen("tcp", address) }
