//go:build !linux

package config

import "os"

// User namespaces are Linux's.
func overflowUID() (int, bool) { return 0, false }

func writable(*os.File) bool { return true }

// Secrets that are mounted read-only are a container's.
func readOnly(*os.File) bool { return false }
