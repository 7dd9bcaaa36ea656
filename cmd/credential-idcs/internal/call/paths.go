package call

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// The variables that choose folders are read here and nowhere else. A relative value is never used: git may run in
// a stranger's repository, which must not bring a configuration or a cache.

const folder = "credential-idcs"

// dropRelative removes relative values of the XDG variables from the environment, as the XDG Base Directory
// Specification demands, and returns their names. The library adrg/xdg (folders_other.go) would accept two kinds
// of them: it expands ~ and $HOME, and without HOME to "/".
func dropRelative() (dropped []string) {
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_CACHE_HOME"} {
		if v := os.Getenv(name); v != "" && !filepath.IsAbs(v) {
			_ = os.Unsetenv(name)
			dropped = append(dropped, name)
		}
	}
	if dropped != nil {
		reloadFolders()
	}
	return dropped
}

// takeHome sets HOME if it isn't set, also for child processes, to the user's home directory in the password file,
// as docker, skopeo and a login shell do. It reports whether it did. "/" and a folder that doesn't exist are not
// used: containers have such entries.
func takeHome() bool {
	if runtime.GOOS == "windows" || os.Getenv("HOME") != "" {
		return false
	}
	u, err := user.LookupId(strconv.Itoa(os.Getuid()))
	if err != nil || !filepath.IsAbs(u.HomeDir) || filepath.Clean(u.HomeDir) == "/" {
		return false
	}
	if fi, err := os.Stat(u.HomeDir); err != nil || !fi.IsDir() {
		return false
	}
	_ = os.Setenv("HOME", u.HomeDir)
	reloadFolders()
	return true
}

// ConfigPath is the absolute path of the configuration file: --config, else CREDENTIAL_IDCS_CONFIG, else the XDG
// folder. A helper accepts only absolute paths, since its working directory is a repository; in a command
// --config may be relative.
func (a *App) ConfigPath(helper bool) (string, error) {
	export := text.Set("CREDENTIAL_IDCS_CONFIG", example("config.toml"))
	if a.Config != "" {
		if filepath.IsAbs(a.Config) {
			return filepath.Clean(a.Config), nil
		}
		if helper {
			return "", noPath("--config must be an absolute path here", export)
		}
		return filepath.Abs(a.Config)
	}
	if v := a.Getenv("CREDENTIAL_IDCS_CONFIG"); v != "" {
		if !filepath.IsAbs(v) {
			return "", noPath("CREDENTIAL_IDCS_CONFIG must be an absolute path", export)
		}
		return filepath.Clean(v), nil
	}
	base, err := a.xdgFolder("XDG_CONFIG_HOME", configHome(), export)
	if err != nil {
		return "", err
	}
	return filepath.Join(base, folder, "config.toml"), nil
}

// CacheDir is the absolute path of the folder of the token files: CREDENTIAL_IDCS_CACHE_DIR, else the XDG folder.
// A service of systemd without these and without HOME has its own in CACHE_DIRECTORY, the first of a list.
// https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#RuntimeDirectory=
func (a *App) CacheDir() (string, error) {
	export := text.Set("CREDENTIAL_IDCS_CACHE_DIR", example())
	if v := a.Getenv("CREDENTIAL_IDCS_CACHE_DIR"); v != "" {
		if !filepath.IsAbs(v) {
			return "", noPath("CREDENTIAL_IDCS_CACHE_DIR must be an absolute path", export)
		}
		return filepath.Clean(v), nil
	}
	if a.Getenv("XDG_CACHE_HOME") == "" && (a.HomeTaken || a.Getenv("HOME") == "") {
		first, _, _ := strings.Cut(a.Getenv("CACHE_DIRECTORY"), ":")
		if filepath.IsAbs(first) {
			return filepath.Clean(first), nil
		}
	}
	base, err := a.xdgFolder("XDG_CACHE_HOME", cacheHome(), export)
	if err != nil {
		return "", err
	}
	return filepath.Join(base, folder), nil
}

// xdgFolder checks a folder that was made from an XDG variable and HOME: without HOME it would be below "/", which
// is nobody's home.
func (a *App) xdgFolder(variable, folder, export string) (string, error) {
	if slices.Contains(a.Dropped, variable) {
		a.Notice(variable + " is ignored, it isn't an absolute path")
	}
	if a.Getenv(variable) == "" && a.Home() == "" {
		return "", noPath("HOME is not set to an absolute path, and "+variable+" neither", export)
	}
	if !filepath.IsAbs(folder) {
		return "", noPath(variable+" or HOME must be an absolute path", export)
	}
	return filepath.Clean(folder), nil
}

// Home is the home directory, or empty where it isn't known.
func (a *App) Home() string {
	if runtime.GOOS == "windows" {
		return userHome()
	}
	if h := a.Getenv("HOME"); filepath.IsAbs(h) {
		return h
	}
	return ""
}

// ToolHome is the home directory as other programs find it: on Windows the variable counts for them, be it another
// folder than the system knows of.
func (a *App) ToolHome() string {
	if v := a.Getenv("USERPROFILE"); runtime.GOOS == "windows" && filepath.IsAbs(v) {
		return filepath.Clean(v)
	}
	return a.Home()
}

// places are the folders that the configuration's paths may begin with.
func (a *App) places() config.Places {
	p := config.Places{Home: a.Home()}
	if c := a.Getenv("CREDENTIALS_DIRECTORY"); filepath.IsAbs(c) {
		p.Credentials = filepath.Clean(c)
	}
	return p
}

// RunContainers is the folder in which podman and its relatives store logins if XDG_RUNTIME_DIR is not set, empty
// where they don't: defaultPerUIDPathFormat of https://github.com/containers/image (pkg/docker/config).
func RunContainers() string {
	if runtime.GOOS != "linux" {
		return ""
	}
	folder := "/run/containers/" + strconv.Itoa(os.Getuid())
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrPermission) {
		return "" // root's podman has closed it, so nobody else's can have a login there
	}
	return folder
}

// example is an absolute path in which a person puts their own folder.
func example(elem ...string) string {
	top := "/FOLDER"
	if runtime.GOOS == "windows" {
		top = `C:\FOLDER`
	}
	return filepath.Join(append([]string{top}, elem...)...)
}

func noPath(why, export string) error {
	return &helpers.Failure{Class: helpers.Config, Message: why, Command: export}
}
