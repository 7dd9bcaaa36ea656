//go:build unix

package signin

import (
	"errors"
	"os/exec"
	"runtime"
	"syscall"
)

// system is macOS's own open, elsewhere xdg-open.
// https://www.freedesktop.org/wiki/Software/xdg-utils/
func (o Opener) system() ([]string, error) {
	name := "xdg-open"
	if runtime.GOOS == "darwin" {
		name = "open"
	}
	path, err := o.look(name)
	return []string{path}, err
}

// display is why a browser has no display, or nil.
func (o Opener) display() error {
	if runtime.GOOS == "darwin" || o.getenv("DISPLAY") != "" || o.getenv("WAYLAND_DISPLAY") != "" {
		return nil
	}
	return errors.New("neither DISPLAY nor WAYLAND_DISPLAY is set")
}

func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/" // the working directory may be a stranger's repository
}
