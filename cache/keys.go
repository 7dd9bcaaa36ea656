package cache

import (
	"errors"
	"os/user"
	"strconv"
)

// A KeyStore stores the keys of sealed token files, each 32 bytes, under its id of 32 hex digits.
type KeyStore interface {
	// Key returns the key of an id. ErrNoKey: the store works and has no such key. Any other error: it can't be
	// read now, or not from here.
	Key(id string) ([]byte, error)
	// Ready returns why no key could be stored now, or nil. It stores nothing.
	Ready() error
	// Keep stores a key under its id.
	Keep(id string, key []byte) error
	// Forget removes a key. It is no error if there is none.
	Forget(id string) error
}

// ErrNoKey says that a store works, and has no such key.
var ErrNoKey = errors.New("no such key")

// ErrAsks says that a store asks a person before it stores a key, and nobody is there.
var ErrAsks = errors.New("the keyring asks before it stores a key")

// IsKey reports whether a key is the one with this id.
func IsKey(id string, key []byte) bool { return len(key) == keySize && keyID(key) == id }

// A SealedError says that the stored tokens are sealed and their key can't be had, so nothing was done.
type SealedError struct {
	Store string // "kernel", "keyring"
	Why   string // "keyctl is not permitted here (a container?)"
	// Lost: the store answers and has no such key. Else it may have it, at another time or from elsewhere.
	Lost bool
	// Writing: it is new tokens that can't be sealed.
	Writing bool

	key string // the id of the key with which the file is sealed
}

func (e *SealedError) Error() string {
	if e.Writing {
		return "the tokens are to be sealed and no key can be had: " + e.Why
	}
	return "the stored tokens are sealed and their key can't be had: " + e.Why
}

// isLost reports that a file is sealed with a key that is gone.
func isLost(err error) bool {
	e, ok := errors.AsType[*SealedError](err)
	return ok && e.Lost && !e.Writing
}

// isSealed reports that a file is sealed and can't be opened now.
func isSealed(err error) bool {
	_, ok := errors.AsType[*SealedError](err)
	return ok
}

// keyOf is the key of a sealed file. It stays in memory: what opened a token file also seals its successor.
func (d *Dir) keyOf(f form) ([]byte, error) {
	for _, k := range d.keys {
		if k.id == f.key {
			return k.key, nil
		}
	}
	store := d.store(f.store)
	switch {
	case store == nil:
		return nil, &SealedError{key: f.key, Store: f.store, Why: "this system has no such store"}
	case d.readOnly:
		return nil, &SealedError{key: f.key, Store: f.store, Why: "they are " + userName(d.owner) + "'s; run it without sudo"}
	}
	key, err := store.Key(f.key)
	switch {
	case errors.Is(err, ErrNoKey) && f.boot == d.sys.BootID() && f.ns != d.sys.UserNamespace():
		return nil, &SealedError{key: f.key, Store: f.store, Why: "they were sealed outside of this container"}
	case errors.Is(err, ErrNoKey):
		return nil, &SealedError{key: f.key, Store: f.store, Why: "the " + f.store + " has no such key any more", Lost: true}
	case err != nil:
		return nil, &SealedError{key: f.key, Store: f.store, Why: err.Error()}
	case !IsKey(f.key, key): // somebody else's, under our name
		return nil, &SealedError{key: f.key, Store: f.store, Why: "the " + f.store + " has no such key any more", Lost: true}
	}
	d.remember(f.key, key)
	return key, nil
}

// store is a store by its name, nil if this system has none of that name.
func (d *Dir) store(name string) KeyStore {
	if d.sys.Keys == nil {
		return nil
	}
	return d.sys.Keys(name)
}

// A knownKey is a key that a store gave, or took. There is one, or two where a folder gets another.
type knownKey struct {
	id  string
	key []byte
}

func (d *Dir) remember(id string, key []byte) { d.keys = append(d.keys, knownKey{id, key}) }

// wrap is a token file's content in a form, whose key is in memory.
func (d *Dir) wrap(name string, f form, record []byte) ([]byte, error) {
	if !f.sealed() {
		return frame(record), nil
	}
	key, err := d.keyOf(f)
	if err != nil {
		return nil, err
	}
	f.boot, f.ns = d.sys.BootID(), d.sys.UserNamespace()
	box, err := f.close(name, key, record)
	if err != nil {
		return nil, err
	}
	return frameAs(boxVersion, box), nil
}

// userName is a user's name, for a message.
func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil && u.Username != "" {
		return u.Username
	}
	return "user " + strconv.Itoa(uid)
}
