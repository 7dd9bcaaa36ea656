package cache

import (
	"math/rand/v2"
	"os"
	"time"
)

// A System is what the cache needs of the machine. NewSystem is the real one. A test replaces a field to
// set a clock, to claim a network folder, or to be several processes.
type System struct {
	Now func() time.Time
	// Boot reads CLOCK_BOOTTIME: time since boot with suspend. 0: there is no such clock.
	Boot func() time.Duration
	// Machine is a digest of this machine's identity; "" where it has none.
	Machine func() string
	// NetworkFS reports whether a folder's file system may be shared with other machines, whose
	// locks this one may not see.
	NetworkFS func(dir string) bool
	// LastingInodes reports whether a file in dir keeps its inode number for as long as it is there. Nil:
	// it does.
	LastingInodes func(dir string) bool
	// Spread is a random number in [0,1).
	Spread func() float64
	// Log, if not nil, is called with each decision and its reason, in the form of log/slog: a message, then
	// names and values. It is called under the lock, so it must not block. No argument holds a secret.
	Log func(msg string, args ...any)
	// UID is the effective user; -1 on systems without.
	UID int
	// Pid is this process.
	Pid int
	// Process returns when a process of this machine started, as a text that no other process with this pid
	// has, and whether it lives. "": the start is unknown.
	Process func(pid int) (start string, alive bool)
	// Running reports whether the process that has this pid and start runs, and isn't stopped. Nil: unknown.
	Running func(pid int, start string) bool
	// Seal is the store of the key with which a login's tokens are sealed: "kernel", "keyring", or empty:
	// they lie in the open. Keys is a store by its name, or nil; files say for themselves which one is theirs.
	Seal string
	Keys func(store string) KeyStore
	// BootID and UserNamespace name what a kernel's key is bound to.
	BootID, UserNamespace func() string
	// Gather reserves what is needed from Sending to the saved answer: threads, descriptors, memory. release
	// closes the descriptors. The error is a *MeansError. Nil: nothing is reserved.
	Gather func(dir string) (release func(), err error)
	// Shield keeps signals away until lower is called, see shield.
	Shield func() (lower func() error)
}

// NewSystem is this machine.
func NewSystem() System {
	return System{
		Now: time.Now, Boot: bootClock, Machine: machineID, NetworkFS: networkFS, LastingInodes: lastingInodes,
		Spread: rand.Float64, UID: os.Geteuid(), Pid: os.Getpid(), Keys: func(name string) KeyStore { return keyStore(name, 0, nil) }, BootID: bootID, UserNamespace: userNamespace, Process: processStart, Running: processRuns, Gather: gather, Shield: shield,
	}
}

// Sealed is the machine with the sealing that a configuration asks for. timeout is how long the kernel keeps
// a key after its last use; 0: no limit. keyring is the person's keyring; nil: it isn't to be asked.
func (s System) Sealed(store string, timeout time.Duration, keyring KeyStore) System {
	s.Seal, s.Keys = store, func(name string) KeyStore { return keyStore(name, timeout, keyring) }
	return s
}

// gather is System.Gather for the folder.
func (d *Dir) gather() (release func(), err error) {
	if d.sys.Gather == nil {
		return func() {}, nil
	}
	return d.sys.Gather(d.path)
}
