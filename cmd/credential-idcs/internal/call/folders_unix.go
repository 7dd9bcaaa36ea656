//go:build unix && !darwin

package call

import (
	"os"
	"path/filepath"
)

// This is the part of the XDG Base Directory Specification that the program needs. The library adrg/xdg looks for
// all folders and reads user-dirs.dirs at every start, which is a twentieth of a cached answer's time.

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
