package configure

import (
	"path/filepath"
	"runtime"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// configHome is the folder of a person's configuration files: what os.UserConfigDir finds, and with it
// the go command.
func (e Env) configHome() (string, error) {
	switch runtime.GOOS {
	case "windows":
		return e.folder("AppData")
	case "darwin":
		return e.home("Library", "Application Support")
	}
	return e.xdg("XDG_CONFIG_HOME", ".config")
}

// dataHome is the folder of what programs keep for a person.
func (e Env) dataHome() (string, error) {
	switch runtime.GOOS {
	case "windows":
		return e.folder("LocalAppData")
	case "darwin":
		return e.home("Library", "Application Support")
	}
	return e.xdg("XDG_DATA_HOME", ".local", "share")
}

// xdg is the folder that a variable names, if it is absolute, else one below the home directory.
// https://specifications.freedesktop.org/basedir-spec/latest/
func (e Env) xdg(variable string, elem ...string) (string, error) {
	if dir := e.get(variable); filepath.IsAbs(dir) {
		return filepath.Clean(dir), nil
	}
	return e.home(elem...)
}

// folder is the one that a variable of Windows names.
func (e Env) folder(variable string) (string, error) {
	if dir := e.get(variable); filepath.IsAbs(dir) {
		return filepath.Clean(dir), nil
	}
	return "", &helpers.Failure{Class: helpers.Config, Message: variable + " is not set"}
}

// exe is the name of a program's file.
func exe(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}
