//go:build !unix

package signer

import "os"

// ours accepts every socket: here the owner isn't known. The signature is checked anyway.
func ours(os.FileInfo) bool { return true }
