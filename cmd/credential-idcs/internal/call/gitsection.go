package call

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// gitSection reports whether a configuration file of git's has a section for a host (HOST[:PORT]) with our helper.
// Only then a person is told that the host is no target: git may also run one helper for all hosts, and most
// of them need no such message.
func (a *App) gitSection(hostPort string) bool {
	section := []byte(strings.ToLower(`[credential "https://` + hostPort))
	for _, path := range a.gitFiles() {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		b, _ := io.ReadAll(io.LimitReader(f, 1<<20))
		_ = f.Close()
		b = bytes.ToLower(b)
		for {
			i := bytes.Index(b, section)
			if i < 0 {
				break
			}
			b = b[i+len(section):]
			body, _, _ := bytes.Cut(b, []byte("\n["))
			if len(b) > 0 && (b[0] == '"' || b[0] == '/') && bytes.Contains(body, []byte("idcs")) {
				return true
			}
		}
	}
	return false
}

// gitFiles are the paths of the person's own configuration files of git, in git's order.
func (a *App) gitFiles() (list []string) {
	if file := a.Getenv("GIT_CONFIG_GLOBAL"); file != "" {
		return []string{file}
	}
	home := a.Home()
	if home != "" {
		list = append(list, filepath.Join(home, ".gitconfig"), filepath.Join(home, ".config", "git", "config"))
	}
	if dir := a.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		list = append(list, filepath.Join(dir, "git", "config"))
	}
	return list
}
