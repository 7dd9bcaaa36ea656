//go:build linux

package cluster_test

import (
	"sync"
	"testing"
)

// Twenty kubectls of two versions find the token expired: one of them refreshes, for all.
func crowd(t *testing.T, w *world) {
	p := w.person(t)
	p.Expire()
	p.refreshes(1, func() {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() { p.Works(kubectls[i%len(kubectls)], "get", "configmaps") })
		}
		all.Wait()
	})
	p.Chain()
}
