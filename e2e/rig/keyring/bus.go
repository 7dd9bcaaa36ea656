//go:build linux

// Package keyring starts a D-Bus session of its own and, on it, gnome-keyring or a keyring that misbehaves. Nothing
// of the machine's own session is touched.
package keyring

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/godbus/dbus/v5"
)

// A Bus is a D-Bus session in a folder of its own. It starts no service by itself.
type Bus struct {
	Address string // for DBUS_SESSION_BUS_ADDRESS
	t       testing.TB
	dir     string
	as      func(*exec.Cmd) // who runs it; nil: who runs the test
}

const configuration = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir=%s</listen><auth>EXTERNAL</auth>%s
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
`

// Start starts a bus.
func Start(t testing.TB) *Bus { return StartAs(t, t.TempDir(), nil) }

// StartAs starts a bus in a folder, by another user perhaps.
func StartAs(t testing.TB, dir string, as func(*exec.Cmd)) *Bus {
	t.Helper()
	program := need.Tool(t, "dbus-daemon")
	b := &Bus{t: t, dir: dir, as: as}
	file := filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, configuration, dir, ""), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--config-file="+file, "--nofork", "--print-address")
	if as != nil {
		as(cmd)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(cmd) })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("dbus-daemon: %v", err)
	}
	b.Address = strings.TrimSpace(line)
	return b
}

func end(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// Conn is a connection to the bus.
func (b *Bus) Conn() *dbus.Conn {
	b.t.Helper()
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	return conn
}

// A Watch counts the calls of methods, as dbus-monitor sees them.
type Watch struct {
	bus   *Bus
	mu    sync.Mutex
	calls map[string]int
	marks int
}

// Watch begins to count.
func (b *Bus) Watch() *Watch {
	b.t.Helper()
	w := &Watch{calls: map[string]int{}, bus: b}
	conn := b.Conn()
	if err := conn.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, []string{"type='method_call'"}, uint(0)).Err; err != nil {
		b.t.Fatal(err)
	}
	messages := make(chan *dbus.Message, 1<<16)
	conn.Eavesdrop(messages)
	b.t.Cleanup(func() {
		conn.Eavesdrop(nil) // dbus closes the channel otherwise, and then sends on it
		close(messages)
	})
	go func() {
		for m := range messages {
			name, _ := m.Headers[dbus.FieldMember].Value().(string)
			w.mu.Lock()
			w.calls[name]++
			w.mu.Unlock()
		}
	}()
	return w
}

// Count is how often a method was called until now.
func (w *Watch) Count(method string) int {
	w.bus.t.Helper()
	// The bus orders all calls: when one of our own has been seen, so have all before it.
	w.marks++
	mark := fmt.Sprint("Mark", w.marks)
	conn := w.bus.Conn()
	defer conn.Close()
	_ = conn.BusObject().Call("org.example."+mark, 0).Err
	for {
		w.mu.Lock()
		seen, n := w.calls[mark] > 0, w.calls[method]
		w.mu.Unlock()
		if seen {
			return n
		}
		runtime.Gosched()
	}
}
