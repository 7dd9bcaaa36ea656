//go:build linux

package keyring

import (
	"net"
	"path/filepath"
	"testing"
)

// Mute is a bus that takes connections, says the words that it is given, one for each line it hears, and then
// nothing more.
func Mute(t testing.TB, words ...string) (address string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				b := make([]byte, 4096)
				for i := 0; ; i++ {
					if _, err := c.Read(b); err != nil {
						return
					}
					if i < len(words) {
						_, _ = c.Write([]byte(words[i]))
					}
				}
			}()
		}
	}()
	return "unix:path=" + path
}
