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

// The variables that choose folders are read here and nowhere else. A relative value is never used:
// whoever runs git in a stranger's repository must not find a configuration or a cache there.

const folder = "credential-idcs"

// dropRelative takes relative values of the XDG variables out of the environment, as the XDG Base
// Directory Specification demands, and returns their names. adrg/xdg, where that is used (folders_other.go),
// keeps two kinds of them: it expands ~ and $HOME, and where HOME is unset it does so to "/".
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

// takeHome sets HOME where it isn't set, to the home directory that the password file has for us, as docker,
// skopeo and a login shell do; children find it there, too. It reports whether it did. "/" is nobody's home,
// and a folder that isn't there neither: containers have such entries.
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

// ConfigPath is the configuration file: --config, else CREDENTIAL_IDCS_CONFIG, else the XDG place. A
// helper takes only absolute paths, since its working directory is a repository; a person at a
// shell may give --config a relative one.
func (a *App) ConfigPath(helper bool) (string, error) {
	export := text.Set("CREDENTIAL_IDCS_CONFIG", "/FOLDER/config.toml")
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

// CacheDir is the folder of the token files: CREDENTIAL_IDCS_CACHE_DIR, else the XDG place. A service
// of systemd that has neither, nor HOME, has a folder of its own in CACHE_DIRECTORY, perhaps among others.
// https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#RuntimeDirectory=
func (a *App) CacheDir() (string, error) {
	export := text.Set("CREDENTIAL_IDCS_CACHE_DIR", "/FOLDER")
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

// xdgFolder checks what xdg made of a variable and of HOME: it falls back to "/" where HOME is unset,
// which is nobody's home.
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

// places are where the files that the configuration names may lie.
func (a *App) places() config.Places {
	p := config.Places{Home: a.Home()}
	if c := a.Getenv("CREDENTIALS_DIRECTORY"); filepath.IsAbs(c) {
		p.Credentials = filepath.Clean(c)
	}
	return p
}

// RunContainers is where podman and its relatives keep logins if XDG_RUNTIME_DIR is not set, empty where
// they don't: defaultPerUIDPathFormat of https://github.com/containers/image (pkg/docker/config).
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

func noPath(why, export string) error {
	return &helpers.Failure{Class: helpers.Config, Message: why, Command: export}
}
