//go:build linux && !amd64 && !arm64

package cache

// probeTasks finds nothing out here: starting a task is written for amd64 and arm64 only.
func probeTasks(int) error { return nil }
