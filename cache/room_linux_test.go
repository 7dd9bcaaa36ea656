package cache

import (
	"os"
	"path/filepath"
	"testing"
)

// What control groups leave, wherever they are mounted: the smallest counts, and pages of files are as good
// as free.
func TestRoomInAControlGroup(t *testing.T) {
	const need = 100
	for name, tt := range map[string]struct {
		files  map[string]string
		refuse bool
	}{
		"no /proc": {},
		"version 2, enough": {files: map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "1000\n", "sys/fs/cgroup/a/b/memory.current": "900\n"}},
		"version 2, too little": {refuse: true, files: map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "1000\n", "sys/fs/cgroup/a/b/memory.current": "901\n"}},
		"version 2, files": {files: map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "1000\n", "sys/fs/cgroup/a/b/memory.current": "990\n",
			"sys/fs/cgroup/a/b/memory.stat": "anon 5\ninactive_file 50\nactive_file 40\n"}},
		"version 2, no limit": {files: map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n", "sys/fs/cgroup/memory.current": "990\n"}},
		"version 2, above": {refuse: true, files: map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/b/memory.current": "901\n",
			"sys/fs/cgroup/a/memory.max": "1000\n", "sys/fs/cgroup/a/memory.current": "990\n", "sys/fs/cgroup/a/memory.stat": "inactive_file 5\n"}},
		"version 2, mounted as the root": {refuse: true, files: map[string]string{
			"proc/self/cgroup": "0::/outside/id\n", "sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.current": "990\n"}},
		"version 1, too little": {refuse: true, files: map[string]string{
			"proc/self/cgroup": "5:pids:/x\n4:memory:/a\n0::/\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000\n", "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "990\n",
			"sys/fs/cgroup/memory/a/memory.stat": "inactive_file 500\ntotal_inactive_file 5\ntotal_active_file 5\n"}},
		"version 1, files below": {files: map[string]string{
			"proc/self/cgroup": "4:memory:/a\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000\n", "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "990\n",
			"sys/fs/cgroup/memory/a/memory.stat": "inactive_file 0\ntotal_inactive_file 50\ntotal_active_file 50\n"}},
		"rubbish": {files: map[string]string{
			"proc/self/cgroup": "\n0\n0::\nx:memory\n", "sys/fs/cgroup/memory.max": "many\n", "sys/fs/cgroup/memory.current": "-\n"}},
	} {
		root := t.TempDir()
		for name, content := range tt.files {
			if err := os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := groupMemory(root, need); (err != nil) != tt.refuse {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
