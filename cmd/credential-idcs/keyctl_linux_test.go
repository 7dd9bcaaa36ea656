package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// keyctlWorks reports whether this process may use the kernel's keyrings; containers often may not.
func keyctlWorks() bool {
	_, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_USER_KEYRING, true)
	return err == nil
}

// forgetKey takes a sealing key away, as a reboot does.
func forgetKey(id string) error {
	serial, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "user", "credential-idcs:"+id, 0)
	if err != nil {
		return fmt.Errorf("no key %s: %w", id, err)
	}
	_, err = unix.KeyctlInt(unix.KEYCTL_UNLINK, serial, unix.KEY_SPEC_USER_KEYRING, 0, 0)
	return err
}
