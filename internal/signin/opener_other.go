//go:build !unix && !windows

package signin

import (
	"errors"
	"os/exec"
)

func (o Opener) system() ([]string, error) { return nil, errors.New("set $BROWSER to a command") }

func (o Opener) display() error { return nil }

func detach(*exec.Cmd) {}
