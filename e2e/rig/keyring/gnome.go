//go:build linux

package keyring

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/godbus/dbus/v5"
)

// A Gnome is a gnome-keyring on a bus. Its default collection has a password.
type Gnome struct {
	bus *Bus
	cmd *exec.Cmd
}

const (
	name     = "org.freedesktop.secrets"
	root     = dbus.ObjectPath("/org/freedesktop/secrets")
	service  = "org.freedesktop.Secret.Service."
	password = "a-keyring-password"
)

// Gnome starts gnome-keyring and waits until it is on the bus. open: with its default collection open, which is
// made for that. Else what was there before is locked, or nothing is there.
func (b *Bus) Gnome(open bool) *Gnome {
	b.t.Helper()
	program := need.Tool(b.t, "gnome-keyring-daemon")
	args := []string{"--foreground", "--components=secrets", "--control-directory=" + filepath.Join(b.dir, "control")}
	if open {
		args = append(args, "--unlock")
	}
	cmd := exec.Command(program, args...)
	cmd.Env = []string{"HOME=" + b.dir, "XDG_RUNTIME_DIR=" + b.dir, "DBUS_SESSION_BUS_ADDRESS=" + b.Address, "PATH=" + os.Getenv("PATH")}
	cmd.Dir = "/"
	if open {
		cmd.Stdin = strings.NewReader(password)
	}
	if b.as != nil {
		b.as(cmd)
	}
	conn := b.Conn()
	owners := make(chan *dbus.Signal, 16)
	conn.Signal(owners)
	if err := conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name)); err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	g := &Gnome{b, cmd}
	b.t.Cleanup(g.End)
	for s := range owners {
		if len(s.Body) == 3 && s.Body[0] == name && s.Body[2] != "" {
			break
		}
	}
	conn.Close()
	if open && g.Default() == "/" {
		b.t.Fatal("gnome-keyring has no default collection")
	}
	return g
}

// End ends it, as a logout does, and waits until the bus knows. The files stay.
func (g *Gnome) End() {
	if g.cmd.ProcessState != nil {
		return
	}
	end(g.cmd)
	conn, err := dbus.Connect(g.bus.Address)
	if err != nil {
		return // the bus has ended, too
	}
	defer conn.Close()
	for there := true; there && err == nil; {
		err = conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&there)
	}
}

func (g *Gnome) object(conn *dbus.Conn, path dbus.ObjectPath) dbus.BusObject {
	return conn.Object(name, path)
}

// Default is the default collection; "/": there is none.
func (g *Gnome) Default() (path dbus.ObjectPath) {
	g.bus.t.Helper()
	conn := g.bus.Conn()
	defer conn.Close()
	g.check(g.object(conn, root).Call(service+"ReadAlias", 0, "default").Store(&path))
	return path
}

// Lock locks the default collection, as a screen lock may.
func (g *Gnome) Lock() {
	g.bus.t.Helper()
	conn := g.bus.Conn()
	defer conn.Close()
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	g.check(g.object(conn, root).Call(service+"Lock", 0, []dbus.ObjectPath{g.Default()}).Store(&locked, &prompt))
	if len(locked) != 1 {
		g.bus.t.Fatalf("locked %v", locked)
	}
}

// Unlock opens it again without a dialog, which gnome-keyring has for pam_gnome_keyring.
func (g *Gnome) Unlock() {
	g.bus.t.Helper()
	conn := g.bus.Conn()
	defer conn.Close()
	var output dbus.Variant
	var session dbus.ObjectPath
	g.check(g.object(conn, root).Call(service+"OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&output, &session))
	master := struct {
		Session    dbus.ObjectPath
		Parameters []byte
		Value      []byte
		Type       string
	}{session, []byte{}, []byte(password), "text/plain"}
	g.check(g.object(conn, root).Call("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.UnlockWithMasterPassword", 0, g.Default(), master).Err)
}

// Items are the labels of what is in the default collection.
func (g *Gnome) Items() (labels []string) {
	g.bus.t.Helper()
	conn := g.bus.Conn()
	defer conn.Close()
	for _, path := range g.paths(conn) {
		var label string
		g.check(g.object(conn, path).StoreProperty("org.freedesktop.Secret.Item.Label", &label))
		labels = append(labels, label)
	}
	return labels
}

// PutElsewhere stores an item in the collection that ends with gnome-keyring.
func (g *Gnome) PutElsewhere(attributes map[string]string, value []byte) {
	g.bus.t.Helper()
	conn := g.bus.Conn()
	defer conn.Close()
	var output dbus.Variant
	var session, item, prompt dbus.ObjectPath
	g.check(g.object(conn, root).Call(service+"OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&output, &session))
	properties := map[string]dbus.Variant{"org.freedesktop.Secret.Item.Attributes": dbus.MakeVariant(attributes)}
	g.check(g.object(conn, root+"/collection/session").Call("org.freedesktop.Secret.Collection.CreateItem", 0,
		properties, fakeSecret{session, []byte{}, value, "text/plain"}, true).Store(&item, &prompt))
}

// Empty deletes all that is in the default collection.
func (g *Gnome) Empty() {
	g.bus.t.Helper()
	conn := g.bus.Conn()
	defer conn.Close()
	for _, path := range g.paths(conn) {
		g.check(g.object(conn, path).Call("org.freedesktop.Secret.Item.Delete", 0).Err)
	}
}

func (g *Gnome) paths(conn *dbus.Conn) (paths []dbus.ObjectPath) {
	g.bus.t.Helper()
	g.check(g.object(conn, g.Default()).StoreProperty("org.freedesktop.Secret.Collection.Items", &paths))
	return paths
}

func (g *Gnome) check(err error) {
	g.bus.t.Helper()
	if err != nil {
		g.bus.t.Fatal(err)
	}
}
