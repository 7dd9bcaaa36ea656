//go:build unix

package signin

import (
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

func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/" // what lies around here is none of the browser's business
}
