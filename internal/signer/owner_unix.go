//go:build unix

package signer

import (
	"os"
	"syscall"
)

// ours reports whether a socket is ours or root's. Its mode isn't checked: the agent decides whom it serves.
func ours(fi os.FileInfo) bool {
	s, ok := fi.Sys().(*syscall.Stat_t)
	return ok && (s.Uid == 0 || int(s.Uid) == os.Geteuid())
}
