//go:build linux

package main

import (
	"fmt"
	"os"
	"sync"
)

// A reporter is what a test's T is elsewhere: it prints what goes wrong and remembers that it did.
type reporter struct {
	mu       sync.Mutex
	failed   bool
	cleanups []func()
}

func (r *reporter) Helper() {}

func (r *reporter) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *reporter) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

func (r *reporter) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	os.Exit(1)
}

func (r *reporter) Skipf(format string, args ...any) { r.Fatalf(format, args...) }

func (r *reporter) Logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func (r *reporter) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *reporter) TempDir() string {
	dir, err := os.MkdirTemp("", "soak")
	if err != nil {
		r.Fatalf("%v", err)
	}
	r.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// cleanup undoes in reverse order.
func (r *reporter) cleanup() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

func (r *reporter) status() int {
	if r.Failed() {
		return 1
	}
	return 0
}
