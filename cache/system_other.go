//go:build !linux

package cache

import "time"

// processRuns: nobody can tell a stopped process here.
func processRuns(int, string) bool { return false }

func bootClock() time.Duration { return 0 }

// machineID: elsewhere nothing stable is to be had without asking a service, so copies of the
// folder aren't told from the original.
func machineID() string { return "" }

func networkFS(string) bool { return false }

// lastingInodes: nobody has seen yet what the file systems elsewhere do, so no file is called a copy.
func lastingInodes(string) bool { return false }

func pidNamespace() string { return "" }
