//go:build linux

package machine

import (
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Names makes tools find further names on this machine. Some speak http to `localhost` and 127.0.0.1
// whatever they are told, so a server that is to be taken seriously needs a name.
func (m *Machine) Names(names ...string) { m.under = Names(m.T, m.Put("hosts", ""), names...) }

// private hides what podman and its relatives share with the machine: it is empty, and gone with the
// namespace.
const private = `set -e
for dir in /run /dev/shm /var/lib/containers; do
	[ ! -d $dir ] || mount -t tmpfs none $dir
done
mount --bind "$0" /etc/hosts
exec "$@"`

// Names is a command that becomes its last words, and these find the names on this machine: they run in
// a mount namespace whose /etc/hosts is file. Who isn't root is root in there, of nothing else.
func Names(t TB, file string, names ...string) []string {
	t.Helper()
	line := "127.0.0.1 localhost " + strings.Join(names, " ") + "\n"
	if err := os.WriteFile(file, []byte(line), 0o644); err != nil {
		t.Fatalf("%v", err)
	}
	under := []string{"unshare", "--mount", "--map-root-user", "/bin/sh", "-c", private, file}
	if os.Geteuid() == 0 {
		under = slices.Delete(under, 2, 3)
	}
	if out, err := exec.Command(under[0], append(under[1:len(under):len(under)], "true")...).CombinedOutput(); err != nil {
		message := "no mount namespace here: " + err.Error() + " " + string(out)
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI=true and %s", message)
		}
		t.Skipf("%s", message)
	}
	return under
}
