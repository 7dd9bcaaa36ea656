//go:build !windows

package share

import (
	"os"
	"time"
)

// Brief is no time at all.
const Brief = 0

// Held is never so here.
func Held(error) bool { return false }

// Open is os.Open.
func Open(path string, _ time.Duration) (*os.File, error) { return os.Open(path) }

// Rename is os.Rename.
func Rename(from, to string, _ time.Duration) error { return os.Rename(from, to) }

// Remove is os.Remove.
func Remove(path string) error { return os.Remove(path) }
