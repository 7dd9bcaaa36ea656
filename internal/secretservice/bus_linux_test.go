package secretservice

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/keyring"
	"github.com/godbus/dbus/v5"
)

// Whatever the bus does, and whatever is in its place, the question ends and says why.
func TestABusThatIsNone(t *testing.T) {
	const mute, nobody, other = "the keyring doesn't answer", "no D-Bus session", "the D-Bus session is another user's"
	gone := filepath.Join(t.TempDir(), "bus")
	plain := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ address, why string }{
		"none":           {"", nobody},
		"gone":           {"unix:path=" + gone, nobody},
		"a file":         {"unix:path=" + plain, nobody},
		"autolaunch":     {"autolaunch:", nobody},
		"tcp":            {"tcp:host=127.0.0.1,port=1", nobody},
		"garbage":        {"%%;=;unix:;unix:path=;unix:path=%zz", nobody},
		"mute":           {keyring.Mute(t), mute},
		"drips":          {keyring.Mute(t, "REJECTED EXTERNAL\r\n", "OK 0123456789abcdef0123456789abcdef\r\n"), mute},
		"another user's": {keyring.Mute(t, "REJECTED EXTERNAL\r\n", "REJECTED EXTERNAL\r\n"), other},
		"talks nonsense": {keyring.Mute(t, "220 mail.example.com ESMTP\r\n"), other},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := within(c.address).Key(id); err == nil || err.Error() != c.why {
				t.Errorf("%v, want %s", err, c.why)
			}
		})
	}
}

// A keyring that takes the call and never answers, on a bus that works. It is waited for once.
func TestAKeyringThatHangs(t *testing.T) {
	bus := keyring.Start(t)
	conn := bus.Conn()
	if _, err := conn.RequestName(name, 0); err != nil {
		t.Fatal(err)
	}
	never := make(chan struct{})
	var calls atomic.Int32
	t.Cleanup(func() { close(never) })
	if err := conn.ExportMethodTable(map[string]any{"ReadAlias": func(string) *dbus.Error { calls.Add(1); <-never; return nil }}, root, service); err != nil {
		t.Fatal(err)
	}
	k := within(bus.Address)
	for range 3 {
		if _, err := k.Key(id); !errors.Is(err, errMute) {
			t.Errorf("got %v", err)
		}
	}
	if n := calls.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// Whichever of its answers doesn't come, the time for all of them is the same one.
func TestAnAnswerThatNeverComes(t *testing.T) {
	for _, method := range []string{"SearchItems", "ReadAlias", "Get", "OpenSession", "GetSecrets"} {
		t.Run(method, func(t *testing.T) {
			bus := keyring.Start(t)
			fake := bus.Fake(&keyring.Fake{})
			if method != "ReadAlias" && method != "Get" { // which are for what isn't there
				if err := on(bus.Address).Keep(id, key); err != nil {
					t.Fatal(err)
				}
			}
			fake.Hangs = method
			if _, err := within(bus.Address).Key(id); !errors.Is(err, errMute) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		variable, runtime string
		want              []string
	}{
		{"unix:path=/run/user/1000/bus,guid=aa", "", []string{"/run/user/1000/bus"}},
		{"unix:abstract=/tmp/dbus-x,guid=aa;unix:path=/a%20b", "", []string{"@/tmp/dbus-x", "/a b"}},
		{"", "/run/user/1000", []string{"/run/user/1000/bus"}},
		{"", "relative", nil},
		{"autolaunch:", "/run/user/1000", nil},
		{"unixexec:path=/bin/sh;nonce-tcp:host=a,port=1;unix:dir=/tmp;launchd:env=X", "", nil},
	} {
		got := addresses(func(name string) string {
			return map[string]string{"DBUS_SESSION_BUS_ADDRESS": c.variable, "XDG_RUNTIME_DIR": c.runtime}[name]
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q", c.variable, got)
		}
	}
}
