package tool

import (
	"path/filepath"
	"runtime"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/host"
)

// An Env is the person's environment. Nothing here is read from the process.
type Env struct {
	Vars    []string // KEY=value, as os.Environ; git gets them as they are
	Home    string   // the home directory, absolute; empty: unknown
	Dir     string   // the working directory, absolute
	Program string   // this program, absolute and clean, links not resolved
	Config  string   // this program's configuration, absolute

	// RunContainers is the folder of podman's logins where XDG_RUNTIME_DIR is not set, /run/containers/UID;
	// empty: there is none.
	RunContainers string
}

// Get is the value of a variable, the last one of several, as in exec.Cmd.
func (e Env) Get(name string) string {
	for i := len(e.Vars) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(e.Vars[i], "="); ok && host.SameVariable(k, name) {
			return v
		}
	}
	return ""
}

// Lookup is Get, and reports whether the variable is set, perhaps to an empty value.
func (e Env) Lookup(name string) (value string, set bool) {
	for _, v := range e.Vars {
		if n, s, _ := strings.Cut(v, "="); host.SameVariable(n, name) {
			value, set = s, true
		}
	}
	return value, set
}

// Abs is the absolute path of a path that is relative to the working directory.
func (e Env) Abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	if runtime.GOOS == "windows" && (strings.HasPrefix(path, `\`) || strings.HasPrefix(path, "/")) {
		return filepath.Join(filepath.VolumeName(e.Dir), path) // from the top of the drive
	}
	return filepath.Join(e.Dir, path)
}

// InHome is a file below the home directory.
func (e Env) InHome(elem ...string) (string, error) {
	if !filepath.IsAbs(e.Home) {
		return "", &helpers.Failure{Class: helpers.Config, Message: "the home directory is not known: HOME is not set"}
	}
	return filepath.Join(append([]string{e.Home}, elem...)...), nil
}
