//go:build !linux

package main

import "errors"

func keyctlWorks() bool { return false }

func forgetKey(string) error { return errors.New("only Linux has such keys") }
