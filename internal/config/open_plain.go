//go:build !linux

package config

import "os"

// overflowUID: only Linux has user namespaces.
func overflowUID() (int, bool) { return 0, false }

func writable(*os.File) bool { return true }

// readOnly: only in a container secrets are mounted read-only.
func readOnly(*os.File) bool { return false }
