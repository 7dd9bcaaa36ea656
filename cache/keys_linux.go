package cache

import (
	"errors"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// keyStore is a store of this machine, or nil. timeout is how long the kernel keeps a key after its last use;
// 0: until the next boot. keyring is the person's, for who may ask it; nil: only its copies are looked at.
func keyStore(name string, timeout time.Duration, keyring KeyStore) KeyStore {
	switch kernel := (kernelKeys{timeout}); name {
	case "kernel":
		return kernel
	case "keyring":
		return copied{kernel, keyring}
	}
	return nil
}

// kernelKeys keeps keys in the user keyring (keyrings(7)), which all processes of a user have, and which ends
// with the machine's uptime. They never get into a file or swap.
type kernelKeys struct{ timeout time.Duration }

const (
	userKey     = "user" // the type
	permissions = 0x3f3f0000
)

// description is the name of a key in the keyring.
func description(id string) string { return "credential-idcs:" + id }

func (k kernelKeys) Key(id string) ([]byte, error) {
	serial, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, userKey, description(id), 0)
	if err != nil {
		return nil, keyError(err)
	}
	key := make([]byte, keySize+1)
	n, err := unix.KeyctlBuffer(unix.KEYCTL_READ, serial, key, 0)
	if err != nil {
		return nil, keyError(err)
	}
	k.extend(serial)
	return key[:min(n, len(key))], nil
}

// Keep makes the key in the keyring of this process and lets the user's processes read it before it is linked
// where they find it. Without those rights a process whose session isn't linked to the user's keyring, as
// under systemd, would find a key that it can't read.
func (k kernelKeys) Keep(id string, key []byte) error {
	runtime.LockOSThread() // a process keyring belongs to the thread that made it
	defer runtime.UnlockOSThread()
	serial, err := unix.AddKey(userKey, description(id), key, unix.KEY_SPEC_PROCESS_KEYRING)
	if err != nil {
		return keepError(err)
	}
	if err := unix.KeyctlSetperm(serial, permissions); err != nil {
		return keepError(err)
	}
	if _, err := unix.KeyctlInt(unix.KEYCTL_LINK, serial, unix.KEY_SPEC_USER_KEYRING, 0, 0); err != nil {
		return keepError(err)
	}
	k.extend(serial)
	return nil
}

func (k kernelKeys) Ready() error {
	if _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_USER_KEYRING, true); err != nil {
		return keepError(err)
	}
	return nil
}

// keepError is keyError for what stores a key. Where the user's keyring isn't there yet and the quota has no room
// for it, the kernel says ENOKEY.
func keepError(err error) error {
	if errors.Is(err, unix.ENOKEY) {
		err = unix.EDQUOT
	}
	return keyError(err)
}

func (k kernelKeys) Forget(id string) error {
	serial, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, userKey, description(id), 0)
	if err != nil {
		if err := keyError(err); !errors.Is(err, ErrNoKey) {
			return err
		}
		return nil
	}
	_, err = unix.KeyctlInt(unix.KEYCTL_UNLINK, serial, unix.KEY_SPEC_USER_KEYRING, 0, 0)
	return err
}

// extend begins the key's time anew.
func (k kernelKeys) extend(serial int) {
	if k.timeout > 0 {
		_, _ = unix.KeyctlInt(unix.KEYCTL_SET_TIMEOUT, serial, int(k.timeout/time.Second), 0, 0)
	}
}

// keyError puts what keyctl(2) says into our words.
func keyError(err error) error {
	switch {
	case errors.Is(err, unix.ENOKEY), errors.Is(err, unix.EKEYREVOKED), errors.Is(err, unix.EKEYEXPIRED):
		return ErrNoKey
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EACCES):
		return errors.New("keyctl is not permitted here (a container?)")
	case errors.Is(err, unix.EDQUOT):
		return errors.New("the kernel's quota of keys for this user is used up (/proc/key-users)")
	}
	return errors.New("keyctl: " + err.Error())
}

// bootID is this boot of the machine (proc_sys_kernel(5)).
func bootID() string {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return string(b[:min(len(b), 36)])
}

// userNamespace names the set of users whose keys this process can have.
func userNamespace() string {
	name, _ := os.Readlink("/proc/self/ns/user")
	return name
}
