package cache

import "errors"

// copied is a store of keys with a copy of each used key in the kernel's keyring, so that a cached answer costs
// no more than with the kernel's own keys, and needs no other program. The copy ends when the machine restarts, or
// by Dir.Lock.
type copied struct {
	copy KeyStore
	// store has the keys themselves. nil: only the copies may be read, as in the first look of a call.
	store KeyStore
}

var errNotAsked = errors.New("the keyring was not asked")

func (c copied) Key(id string) ([]byte, error) {
	if key, err := c.copy.Key(id); err == nil && IsKey(id, key) {
		return key, nil
	}
	if c.store == nil {
		return nil, errNotAsked
	}
	key, err := c.store.Key(id)
	if err == nil && IsKey(id, key) {
		_ = c.copy.Keep(id, key) // where keyctl is denied, or its quota is used up, each call asks the store
	}
	return key, err
}

// Keep looks whether the store itself gives the key back: the copy would hide that it doesn't.
func (c copied) Keep(id string, key []byte) error {
	if c.store == nil {
		return errNotAsked
	}
	if err := c.store.Keep(id, key); err != nil {
		return err
	}
	if err := givesBack(c.store, id); err != nil {
		return err
	}
	_ = c.copy.Keep(id, key)
	return nil
}

func (c copied) Ready() error {
	if c.store == nil {
		return errNotAsked
	}
	return c.store.Ready()
}

func (c copied) Forget(id string) error {
	err := c.copy.Forget(id)
	if c.store == nil {
		return err
	}
	return c.store.Forget(id)
}
