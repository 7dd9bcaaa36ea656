//go:build !linux

package main

import "os"

// harden refuses to run with a set-user-ID bit; see harden_linux.go.
func harden() (refusal string) {
	if os.Getuid() != os.Geteuid() || os.Getgid() != os.Getegid() {
		return "it must not be installed with a set-user-ID or set-group-ID bit"
	}
	return ""
}
