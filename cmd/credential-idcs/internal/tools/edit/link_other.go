//go:build !windows

package edit

import "os"

const hardLinks = false

func dropLink(path string) error { return os.Remove(path) }

func makeLink(program, path string) error { return os.Symlink(program, path) }
