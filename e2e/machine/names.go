//go:build linux

package machine

import (
	"os"
	"os/exec"
	"strings"
)

// Names makes tools find further names on this machine. Some speak http to `localhost` and 127.0.0.1
// whatever they are told, so a server that is to be taken seriously needs a name.
func (m *Machine) Names(names ...string) { m.under = Names(m.T, m.Put("hosts", ""), names...) }

// Names is a command that becomes its last words, and these find the names on this machine: they run in
// a mount namespace whose /etc/hosts is file. It takes root, and is skipped without.
func Names(t TB, file string, names ...string) []string {
	t.Helper()
	line := "127.0.0.1 localhost " + strings.Join(names, " ") + "\n"
	if err := os.WriteFile(file, []byte(line), 0o644); err != nil {
		t.Fatalf("%v", err)
	}
	under := []string{"unshare", "--mount", "sh", "-c", `mount --bind "$0" /etc/hosts && exec "$@"`, file}
	if out, err := exec.Command(under[0], append(under[1:len(under):len(under)], "true")...).CombinedOutput(); err != nil {
		message := "no mount namespace here: " + err.Error() + " " + string(out)
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI=true and %s", message)
		}
		t.Skipf("%s", message)
	}
	return under
}
