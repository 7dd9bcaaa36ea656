package secretservice

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

// addresses are the sockets at which the session's bus may be: those of DBUS_SESSION_BUS_ADDRESS, else the one that
// systemd makes for each user. Addresses that lead to the network or start a program (autolaunch:) are skipped, which
// dbus.SessionBus wouldn't do.
func addresses(getenv func(string) string) []string {
	text := getenv("DBUS_SESSION_BUS_ADDRESS")
	if text == "" {
		if folder := getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(folder) {
			return []string{filepath.Join(folder, "bus")}
		}
		return nil
	}
	var list []string
	for address := range strings.SplitSeq(text, ";") {
		transport, rest, _ := strings.Cut(address, ":")
		if transport != "unix" {
			continue
		}
		for pair := range strings.SplitSeq(rest, ",") {
			name, value, _ := strings.Cut(pair, "=")
			value, err := dbus.UnescapeBusAddressValue(value)
			switch {
			case err != nil || value == "":
			case name == "path":
				list = append(list, value)
			case name == "abstract":
				list = append(list, "@"+value)
			}
		}
	}
	return list
}

// connect connects to the first bus that exists. dbus closes the socket when the context ends.
func (t *talk) connect(addresses []string) error {
	ctx := t.ctx
	for _, address := range addresses {
		var d net.Dialer
		socket, err := d.DialContext(ctx, "unix", address)
		for errors.Is(err, syscall.EAGAIN) && ctx.Err() == nil { // so many connect at once that the bus has a queue
			time.Sleep(5 * time.Millisecond)
			socket, err = d.DialContext(ctx, "unix", address)
		}
		if errors.Is(err, syscall.EAGAIN) {
			return errMute
		}
		if err != nil {
			continue
		}
		conn, err := dbus.NewConn(socket, dbus.WithContext(ctx))
		if err != nil {
			_ = socket.Close()
			return err
		}
		if err := conn.Auth([]dbus.Auth{dbus.AuthExternal(strconv.Itoa(os.Geteuid()))}); err != nil {
			_ = conn.Close()
			if ctx.Err() != nil {
				return errMute
			}
			return errRejected
		}
		if err := conn.Hello(); err != nil {
			_ = conn.Close()
			return errMute
		}
		t.conn = conn
		return nil
	}
	return errNoBus
}
