//go:build !unix

package lab

import (
	"errors"
	"os/exec"
	"time"
)

// A Cost is what one process took.
type Cost struct {
	CPU, Wall time.Duration
	Faults    int64
}

var errSystem = errors.New("costs are measured on Unix only")

// Check isn't there on this system.
func (l *Lab) Check(Task) error { return errSystem }

// Run isn't there on this system.
func (l *Lab) Run(Task) (Cost, error) { return Cost{}, errSystem }

// RSS isn't there on this system.
func (l *Lab) RSS(Task) (int, error) { return 0, errSystem }

// Command isn't there on this system.
func (l *Lab) Command(t Task) *exec.Cmd { return exec.Command(t.Args[0], t.Args[1:]...) }
