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

// OwnConfigHome is the folder of our own configuration's folder.
func (e Env) OwnConfigHome() (string, error) {
	if dir := e.Get("XDG_CONFIG_HOME"); runtime.GOOS == "windows" && !filepath.IsAbs(dir) {
		return e.Folder("LocalAppData") // ConfigHome is the one that follows a person from machine to machine
	} else if runtime.GOOS == "windows" {
		return filepath.Clean(dir), nil
	}
	return e.ConfigHome()
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

// DriveHome is the home directory that HOMEDRIVE and HOMEPATH name, which on Windows may be one on a server; empty:
// none.
func (e Env) DriveHome() string {
	drive, path := e.Get("HOMEDRIVE"), e.Get("HOMEPATH")
	if runtime.GOOS != "windows" || drive == "" || path == "" {
		return ""
	}
	return drive + path
}

// Exe is the name of a program's file, with the ending .exe on Windows.
func Exe(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}
