//go:build linux

package fleet

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// own is a host of this machine that no other server listens at.
func own() string {
	return fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254))
}

// reserve is an address that nobody else has. Its port is none that the kernel chooses: a server of another test could be
// given such a one before ours listens, or after it has ended.
func reserve(t testing.TB, host string) string {
	t.Helper()
	for {
		at := fmt.Sprintf("%s:%d", host, 10_000+rand.IntN(20_000))
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Logf("another address: %v", err)
			continue
		}
		_ = l.Close() // it has taken nothing
		return at
	}
}
