package fleet

import (
	"log/slog"
	"sync"
)

// Troubles logs a failure once when it begins, once when it becomes one of another kind, and once when it
// ends. How it is put may differ from try to try, as an address does: that is no news.
type Troubles struct {
	Log *slog.Logger

	mu   sync.Mutex
	open map[string]string // the kind
}

// Set notes how something is: what kind of failure it has, "" for none, and what to say of it. about
// names it, as in ("secret", "a/b").
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
