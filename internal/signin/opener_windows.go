package signin

import (
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

// system is the command by which Windows opens a URL, without cmd.exe, for which & is an operator. The folder comes from
// Windows, not from a variable.
func (o Opener) system() ([]string, error) {
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		return nil, err
	}
	return []string{filepath.Join(dir, "rundll32.exe"), "url.dll,FileProtocolHandler"}, nil
}

func (o Opener) display() error { return nil }

func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.DETACHED_PROCESS}
}
