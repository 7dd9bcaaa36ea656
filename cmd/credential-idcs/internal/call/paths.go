package call

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	"github.com/adrg/xdg"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// The variables that choose folders are read here and nowhere else. A relative value is never used:
// whoever runs git in a stranger's repository must not find a configuration or a cache there.

const folder = "credential-idcs"

// dropRelative takes relative values of the XDG variables out of the environment, as the XDG Base
// Directory Specification demands, and returns their names. xdg itself keeps two kinds of them: it
// expands ~ and $HOME, and where HOME is unset it does so to "/".
func dropRelative() (dropped []string) {
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_CACHE_HOME"} {
		if v := os.Getenv(name); v != "" && !filepath.IsAbs(v) {
			_ = os.Unsetenv(name)
			dropped = append(dropped, name)
		}
	}
	if dropped != nil {
		xdg.Reload()
	}
	return dropped
}

// ConfigPath is the configuration file: --config, else CREDENTIAL_IDCS_CONFIG, else the XDG place. A
// helper takes only absolute paths, since its working directory is a repository; a person at a
// shell may give --config a relative one.
func (a *App) ConfigPath(helper bool) (string, error) {
	if a.Config != "" {
		if filepath.IsAbs(a.Config) {
			return filepath.Clean(a.Config), nil
		}
		if helper {
			return "", noPath("--config must be an absolute path here")
		}
		return filepath.Abs(a.Config)
	}
	if v := a.Getenv("CREDENTIAL_IDCS_CONFIG"); v != "" {
		if !filepath.IsAbs(v) {
			return "", noPath("CREDENTIAL_IDCS_CONFIG must be an absolute path")
		}
		return filepath.Clean(v), nil
	}
	base, err := a.xdgFolder("XDG_CONFIG_HOME", xdg.ConfigHome)
	if err != nil {
		return "", err
	}
	return filepath.Join(base, folder, "config.toml"), nil
}

// CacheDir is the folder of the token files.
func (a *App) CacheDir() (string, error) {
	if v := a.Getenv("CREDENTIAL_IDCS_CACHE_DIR"); v != "" {
		if !filepath.IsAbs(v) {
			return "", noPath("CREDENTIAL_IDCS_CACHE_DIR must be an absolute path")
		}
		return filepath.Clean(v), nil
	}
	base, err := a.xdgFolder("XDG_CACHE_HOME", xdg.CacheHome)
	if err != nil {
		return "", err
	}
	return filepath.Join(base, folder), nil
}

// xdgFolder checks what xdg made of a variable and of HOME: it falls back to "/" where HOME is unset,
// which is nobody's home.
func (a *App) xdgFolder(variable, folder string) (string, error) {
	if slices.Contains(a.Dropped, variable) {
		a.Notice(variable + " is ignored, it isn't an absolute path")
	}
	if a.Getenv(variable) == "" && a.Home() == "" {
		return "", noPath("HOME is not set to an absolute path, and " + variable + " neither")
	}
	if !filepath.IsAbs(folder) {
		return "", noPath(variable + " or HOME must be an absolute path")
	}
	return filepath.Clean(folder), nil
}

// Home is the home directory, or empty where it isn't known.
func (a *App) Home() string {
	if runtime.GOOS == "windows" {
		return xdg.Home
	}
	if h := a.Getenv("HOME"); filepath.IsAbs(h) {
		return h
	}
	return ""
}

// RunContainers is where podman and its relatives keep logins if XDG_RUNTIME_DIR is not set, empty where
// they don't: defaultPerUIDPathFormat of https://github.com/containers/image (pkg/docker/config).
func RunContainers() string {
	if runtime.GOOS != "linux" {
		return ""
	}
	return "/run/containers/" + strconv.Itoa(os.Getuid())
}

func noPath(why string) error { return &helpers.Failure{Class: helpers.Config, Message: why} }
