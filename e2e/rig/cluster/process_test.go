//go:build linux

package cluster

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// inside names the environment variable by which TestKilledBinaryLeavesNothing runs itself.
const inside = "E2E_CLUSTER_INSIDE"

// A test binary that is killed, as go test does after its -timeout, leaves no server behind.
func TestKilledBinaryLeavesNothing(t *testing.T) {
	if os.Getenv(inside) != "" {
		p := run(t, t.TempDir(), "/bin/sleep", "600")
		fmt.Println("pid", p.cmd.Process.Pid)
		<-p.done
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary := exec.Command(self, "-test.run=^"+t.Name()+"$")
	binary.Env = append(os.Environ(), inside+"=1", "TMPDIR="+t.TempDir()) // where it leaves its folders
	out, err := binary.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := binary.Start(); err != nil {
		t.Fatal(err)
	}
	server := 0
	for lines := bufio.NewScanner(out); server == 0 && lines.Scan(); {
		if n, ok := strings.CutPrefix(lines.Text(), "pid "); ok {
			if server, err = strconv.Atoi(n); err != nil {
				t.Fatal(err)
			}
		}
	}
	fd, err := unix.PidfdOpen(server, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := binary.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = binary.Wait() // killed
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000); n != 1 {
		t.Errorf("process %d is left behind: %v", server, err)
		_ = unix.Kill(server, unix.SIGKILL)
	}
}
