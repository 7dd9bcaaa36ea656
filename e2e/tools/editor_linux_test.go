package tools

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

// While somebody saves the tool's file again and again, by a rename and in place, configure and unconfigure
// either do what they say or say that they didn't: nothing that was saved is lost.
func TestNoEditOfAnEditorIsLost(t *testing.T) {
	const hash = "# edit %d.\n"
	for _, c := range []struct{ tool, program, file, before, edit string }{
		{"git", "git", ".gitconfig", "[user]\n\tname = Ana\n", hash},
		{"docker", "", ".docker/config.json", "{\"psFormat\": \"x\"}\n", `{"edit %d.": 1, `},
		{"podman", "", ".config/containers/auth.json", "{\"auths\": {}}\n", `{"edit %d.": 1, `},
		{"kubectl", "", ".kube/config", "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {server: 'https://git.example.com'}\ncontexts:\n- name: c\n  context: {cluster: c, user: u}\nusers:\n- name: u\n  user: {}\ncurrent-context: c\n", hash},
		{"go", "", ".config/go/env", "GOFLAGS=-v\n", hash},
		{"cargo", "", ".cargo/config.toml", "[term]\nquiet = true\n", hash},
		{"terraform", "", ".terraformrc", "plugin_cache_dir = \"/x\"\n", hash},
		{"tofu", "", ".tofurc", "plugin_cache_dir = \"/x\"\n", hash},
		{"pip", "", ".config/pip/pip.conf", "[global]\ntimeout = 7\n", hash},
		{"pnpm", "", ".npmrc", "fund=false\n", hash},
		{"bazel", "", ".bazelrc", "build --jobs=4\n", hash},
		{"target", "", ".config/credential-idcs/config.toml", "", hash},
	} {
		t.Run(c.tool, func(t *testing.T) {
			if c.program != "" {
				need.Tool(t, c.program)
			}
			m := machine.Home(t, program)
			m.Write("config.toml", "[profiles.work]\ndomain = \"https://domain.example.com\"\nclient_id = \"c\"\nlogin = \"device\"\nscope = \"s\"\ntargets = [\"https://git.example.com\"]\n")
			path := filepath.Join(m.Home, c.file)
			if c.before != "" {
				m.Put(c.file, c.before)
			}
			there, back := []string{"configure", c.tool}, []string{"unconfigure", c.tool}
			if c.tool == "target" {
				there, back = []string{"target", "add", "https://b.example.com"}, []string{"target", "remove", "https://b.example.com"}
			}
			stop, stopped := make(chan struct{}), make(chan int, 1)
			go func() { stopped <- keepSaving(t, path, c.edit, stop) }()
			for i := range 10 {
				words := there
				if i%2 == 1 {
					words = back
				}
				said, err := m.Try(append([]string{"credential-idcs"}, words...)...)
				if err != nil && said == "" { // that it was changed, or of what a half-written file lacks
					t.Errorf("%q: %v, and nothing is said", words, err)
				}
			}
			close(stop)
			saved := <-stopped
			m.Works(append([]string{"credential-idcs"}, there...)...)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := range saved {
				if !strings.Contains(string(b), fmt.Sprintf("edit %d.", i)) {
					t.Errorf("edit %d of %d is lost", i, saved)
				}
			}
			if c.tool == "target" {
				if _, err := config.Load(path, m.Home); err != nil {
					t.Error(err)
				}
			}
			if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

// pause is how long an editor's user needs at least between two saves.
const pause = 20 * time.Millisecond

// keepSaving is an editor: it reads the file, adds an edit and saves, until it is told to stop. It returns how
// many edits there were.
func keepSaving(t *testing.T, path, edit string, stop <-chan struct{}) (n int) {
	for ; ; n++ {
		select {
		case <-stop:
			return n
		case <-time.After(pause):
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			return n
		}
		line, text := fmt.Sprintf(edit, n), string(b)
		if strings.HasPrefix(line, "{") {
			text = strings.Replace(text, "{", line, 1)
		} else {
			text = line + text
		}
		to := path
		if n%2 == 0 {
			to = filepath.Join(filepath.Dir(path), ".save")
		}
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Error(err)
			return n
		}
		if to != path {
			if err := os.Rename(to, path); err != nil {
				t.Error(err)
				return n
			}
		}
	}
}
