//go:build !unix

package lab

import (
	"errors"
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
