package fleet

import (
	"log/slog"
	"sync"
)

// Troubles logs a failure once when it begins, once when it becomes another one, and once when it ends.
type Troubles struct {
	Log *slog.Logger

	mu   sync.Mutex
	open map[string]string
}

// Set notes how something is: what is wrong with it, or "". about names it, as in ("secret", "a/b").
func (t *Troubles) Set(name, about, wrong string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := name + " " + about
	before := t.open[key]
	if before == wrong {
		return
	}
	if t.open == nil {
		t.open = map[string]string{}
	}
	if wrong == "" {
		delete(t.open, key)
		t.Log.Info("works again", name, about)
		return
	}
	t.open[key] = wrong
	t.Log.Error(wrong, name, about)
}
