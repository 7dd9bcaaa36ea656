package fleet

import (
	"log/slog"
	"sync"
)

// Troubles logs a failure when it begins, when its kind changes, and when it ends. Its text may differ at each try, by an
// address, say, so the kind decides.
type Troubles struct {
	Log *slog.Logger

	mu   sync.Mutex
	open map[string]string // the kind
}

// Set sets the kind of failure that an object has, "" for none, and the text to log. about and name identify the object, as
// in ("secret", "a/b").
func (t *Troubles) Set(name, about, kind, wrong string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := name + " " + about
	if t.open[key] == kind {
		return
	}
	if t.open == nil {
		t.open = map[string]string{}
	}
	if kind == "" {
		delete(t.open, key)
		t.Log.Info("works again", name, about)
		return
	}
	t.open[key] = kind
	t.Log.Error(wrong, name, about)
}
