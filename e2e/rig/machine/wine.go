//go:build linux

package machine

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/e2e/rig/built"
)

// Wine is the command that .ci/wine makes.
const Wine = "credential-idcs-wine"

// BuildWindows is Build for Windows, run under Wine: wine is its command. The names in dir are scripts
// that start the program with the home folder's configuration and cache, as it knows them. Wine's drive
// is a copy of its own, whose server runs until stop is called: to start it anew for each call takes a second.
func BuildWindows(dir, wine string) (p Program, stop func(), err error) {
	wine, err = filepath.EvalSymlinks(wine)
	if err != nil {
		return "", nil, err
	}
	if err := built.Program("windows", filepath.Join(dir, exe(People))); err != nil {
		return "", nil, err
	}
	prefix := filepath.Join(dir, "drive")
	if out, err := exec.Command("cp", "-a", filepath.Join(filepath.Dir(wine), "prefix"), prefix).CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("cp: %w\n%s", err, out)
	}
	if err := os.Chown(prefix, os.Getuid(), os.Getgid()); err != nil { // Wine uses no other user's drive
		return "", nil, err
	}
	for _, name := range append([]string{People}, others...) {
		if name != People {
			if err := os.Link(filepath.Join(dir, exe(People)), filepath.Join(dir, exe(name))); err != nil {
				return "", nil, err
			}
		}
		script := fmt.Sprintf("#!/bin/sh\n"+
			"export CREDENTIAL_IDCS_CONFIG=\"${CREDENTIAL_IDCS_CONFIG-Z:$HOME/.config/credential-idcs/config.toml}\" \\\n"+
			"\tCREDENTIAL_IDCS_CACHE_DIR=\"${CREDENTIAL_IDCS_CACHE_DIR-Z:$HOME/.cache/credential-idcs}\" WINEPREFIX='%s'\n"+
			"exec '%s' '%s' \"$@\"\n", prefix, wine, filepath.Join(dir, exe(name)))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			return "", nil, err
		}
	}
	server := func(args ...string) error {
		cmd := exec.Command(wine, append([]string{"--server"}, args...)...)
		cmd.Env = append(os.Environ(), "WINEPREFIX="+prefix)
		return cmd.Run()
	}
	if err := server("-p"); err != nil {
		return "", nil, fmt.Errorf("wineserver: %w", err)
	}
	return Program(dir), func() { _ = server("-k"); _ = server("-w") }, nil
}

func exe(name string) string { return name + ".exe" }

// Windows reports whether the program is Windows'.
func (p Program) Windows() bool {
	_, err := os.Stat(p.path(exe(People)))
	return err == nil
}

// File is the path of a file as the program knows it: Wine has the machine's own files on drive Z.
func (p Program) File(path string) string {
	if p.Windows() && strings.HasPrefix(path, "/") {
		return "Z:" + path
	}
	return path
}
