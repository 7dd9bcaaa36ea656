package cache

import (
	"errors"
	"os"
	"path"
	"strconv"
	"strings"
)

// errGroupMemory says that the control group, or one above it, would have processes killed first.
var errGroupMemory = errors.New("less than 8 MiB are left")

// groupMemory reports whether this process' control groups leave so much memory, as far as can be seen.
// Written pages are the only proof, and the kernel kills for them, perhaps the whole group.
func groupMemory(root string, need int64) error {
	b, err := os.ReadFile(root + "/proc/self/cgroup")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(b)) { // cgroups(7): 0::/of/version/2, 4:memory:/of/version/1
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		mount, limit, usage := root+"/sys/fs/cgroup", "/memory.max", "/memory.current"
		switch controllers {
		case "":
		case "memory":
			mount, limit, usage = mount+"/memory", "/memory.limit_in_bytes", "/memory.usage_in_bytes"
		default:
			continue
		}
		// In a container the group may be named as outside, and mounted as the root.
		for dir := path.Clean("/" + group); ; dir = path.Dir(dir) {
			most, limited := readNumber(mount + dir + limit)
			used, ok := readNumber(mount + dir + usage)
			if limited && ok && most-used < need && most-used+reclaimable(mount+dir+"/memory.stat") < need {
				return errGroupMemory
			}
			if dir == "/" {
				break
			}
		}
	}
	return nil
}

// reclaimable is what the kernel takes back from a group before it kills: pages of files.
func reclaimable(stat string) (sum int64) {
	b, err := os.ReadFile(stat)
	if err != nil {
		return 0
	}
	members := map[string]int64{}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		members[name], _ = strconv.ParseInt(value, 10, 64)
	}
	prefix := ""
	if _, ok := members["total_inactive_file"]; ok { // version 1, with the groups below
		prefix = "total_"
	}
	return members[prefix+"inactive_file"] + members[prefix+"active_file"]
}

// readNumber reads a file that holds one. "max" is none.
func readNumber(name string) (n int64, ok bool) {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}
