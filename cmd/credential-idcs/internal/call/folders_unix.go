//go:build unix && !darwin

package call

import (
	"os"
	"path/filepath"
)

// The XDG Base Directory Specification, as far as it is needed here. adrg/xdg, which knows it as well, finds
// all folders that there are and reads user-dirs.dirs whenever the program starts: a twentieth of a cached
// answer.

func configHome() string { return baseFolder("XDG_CONFIG_HOME", ".config") }

func cacheHome() string { return baseFolder("XDG_CACHE_HOME", ".cache") }

func baseFolder(variable, inHome string) string {
	if v := os.Getenv(variable); v != "" {
		return v
	}
	return filepath.Join(os.Getenv("HOME"), inHome)
}

func userHome() string { return os.Getenv("HOME") }

// reloadFolders has nothing to do: each variable is read when it is needed.
func reloadFolders() {}
