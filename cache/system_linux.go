package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

func bootClock() time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// machineID is a digest of /etc/machine-id, which machine-id(5) says not to spread as it is.
// A container often has none; its host name is no substitute, since a cache folder that is mounted
// into one container after another belongs to them all.
func machineID() string {
	for _, name := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		b, err := os.ReadFile(name)
		if id := bytes.TrimSpace(b); err == nil && len(id) == 32 {
			sum := sha256.Sum256(append([]byte("credential-idcs "), id...))
			return hex.EncodeToString(sum[:16])
		}
	}
	return ""
}

// File systems whose locks may be no-ops or local to this machine (statfs(2), linux/magic.h).
var networkTypes = [...]uint32{
	unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC,
	unix.V9FS_MAGIC, unix.FUSE_SUPER_MAGIC, unix.CEPH_SUPER_MAGIC, unix.AFS_SUPER_MAGIC,
	unix.AFS_FS_MAGIC, unix.CODA_SUPER_MAGIC, unix.NCP_SUPER_MAGIC, unix.OCFS2_SUPER_MAGIC,
	0x0bd00bd0, // Lustre
	0x01161970, // GFS2
	0x47504653, // GPFS
}

func networkFS(dir string) bool {
	t, ok := fileSystem(dir)
	return ok && slices.Contains(networkTypes[:], t)
}

// lastingInodes leaves out file systems that make up inode numbers as they are asked for them: FAT, and
// many of those on the network.
func lastingInodes(dir string) bool {
	const exfat = 0x2011bab0
	t, ok := fileSystem(dir)
	return ok && t != unix.MSDOS_SUPER_MAGIC && t != exfat && !slices.Contains(networkTypes[:], t)
}

func fileSystem(dir string) (magic uint32, ok bool) {
	var st unix.Statfs_t
	err := unix.Statfs(dir, &st)
	return uint32(st.Type), err == nil
}

// startTells: two starts of one pid may be one process, seen from two time namespaces.
const startTells = false

// processStart is field 22 of /proc/PID/stat: when the process started, in clock ticks since boot.
// With the pid it names one process for good. The name in field 2 may hold anything, so the fields
// are counted behind the last parenthesis.
//
// /proc may hide it (hidepid, which hides a process that isn't dumpable from its own user, too): then the
// signal 0 says whether it lives, and nobody when it started.
func processStart(pid int) (start string, alive bool) {
	fields := processStat(pid)
	switch {
	case len(fields) < 20:
		err := unix.Kill(pid, 0)
		return "", err == nil || errors.Is(err, unix.EPERM)
	case fields[0] == "Z" || fields[0] == "X":
		return "", false
	}
	return fields[19], true
}

// processRuns reports whether a process is there and isn't stopped by a signal or a debugger.
func processRuns(pid int, start string) bool {
	fields := processStat(pid)
	return len(fields) >= 20 && fields[19] == start && !strings.ContainsAny(fields[0], "TtZX")
}

// processStat returns the fields of /proc/PID/stat from the third on, or none.
func processStat(pid int) []string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
}

// pidNamespace names the set of processes among which a pid has its meaning.
func pidNamespace() string {
	name, _ := os.Readlink("/proc/self/ns/pid")
	return name
}
