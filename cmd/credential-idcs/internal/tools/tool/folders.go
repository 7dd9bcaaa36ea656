package tool

import (
	"path/filepath"
	"runtime"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// ConfigHome is the folder of a person's configuration files, as os.UserConfigDir and the go command find it.
func (e Env) ConfigHome() (string, error) {
	switch runtime.GOOS {
	case "windows":
		return e.Folder("AppData")
	case "darwin":
		return e.InHome("Library", "Application Support")
	}
	return e.XDG("XDG_CONFIG_HOME", ".config")
}

// DataHome is the folder of the data that programs store for a person.
func (e Env) DataHome() (string, error) {
	switch runtime.GOOS {
	case "windows":
		return e.Folder("LocalAppData")
	case "darwin":
		return e.InHome("Library", "Application Support")
	}
	return e.XDG("XDG_DATA_HOME", ".local/share")
}

// XDG is a file in the folder of a variable, if that is absolute, else in the folder base below the home directory.
// https://specifications.freedesktop.org/basedir-spec/latest/
func (e Env) XDG(variable, base string, elem ...string) (string, error) {
	dir := e.Get(variable)
	if !filepath.IsAbs(dir) {
		var err error
		if dir, err = e.InHome(filepath.FromSlash(base)); err != nil {
			return "", err
		}
	}
	return filepath.Join(append([]string{dir}, elem...)...), nil
}

// Folder is the folder of a variable of Windows.
func (e Env) Folder(variable string) (string, error) {
	if dir := e.Get(variable); filepath.IsAbs(dir) {
		return filepath.Clean(dir), nil
	}
	return "", &helpers.Failure{Class: helpers.Config, Message: variable + " is not set"}
}

// Exe is the name of a program's file, with the ending .exe on Windows.
func Exe(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}
