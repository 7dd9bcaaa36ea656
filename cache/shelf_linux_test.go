package cache

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// A shelf is a store of keys in memory.
type shelf struct {
	mu     sync.Mutex
	keys   map[string][]byte
	closed error // what it says instead of a key
	full   error // what it says when it should keep one
}

func (s *shelf) Key(id string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch key := s.keys[id]; {
	case s.closed != nil:
		return nil, s.closed
	case key == nil:
		return nil, ErrNoKey
	default:
		return key, nil
	}
}

func (s *shelf) Keep(id string, key []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full != nil {
		return s.full
	}
	if s.keys == nil {
		s.keys = map[string][]byte{}
	}
	s.keys[id] = bytes.Clone(key)
	return nil
}

func (s *shelf) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.closed, s.full)
}

func (s *shelf) Forget(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, id)
	return nil
}

// sealedFolder is a clocked folder that seals with the keys of a shelf.
func sealedFolder(t *testing.T) (*Dir, *shelf, func(time.Duration)) {
	t.Helper()
	dir, move := clocked(t)
	s := &shelf{}
	dir.sys.Seal = "kernel"
	dir.sys.Keys = func(name string) KeyStore {
		if name != "kernel" {
			return nil
		}
		return s
	}
	return dir, s, move
}

func sealedLogin(t *testing.T) (*Dir, *shelf, func(time.Duration)) {
	t.Helper()
	dir, s, move := sealedFolder(t)
	if _, err := dir.Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return aToken("a-secret-access", "a-secret-refresh"), nil })); err != nil {
		t.Fatal(err)
	}
	return dir, s, move
}

// nothingOpen fails if a file of the folder holds a secret.
func nothingOpen(t *testing.T, dir *Dir, secrets ...string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir.path, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range secrets {
			if bytes.Contains(b, []byte(s)) {
				t.Errorf("%s holds %s", path, s)
			}
		}
	}
}
