package servers

import (
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
)

// largeFiles answers git-lfs for every repository, from memory, and leaves the rest to next. Objects
// lie behind the same guard as all else, so each transfer needs a token of its own.
//
// https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
func largeFiles(next http.Handler) http.Handler {
	var mu sync.Mutex
	objects := map[string][]byte{} // by object ID
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		base, what, found := strings.Cut(r.URL.Path, "/info/lfs/")
		if !found {
			next.ServeHTTP(w, r)
			return
		}
		id := path.Base(what)
		switch {
		case r.Method == http.MethodPost && what == "objects/batch":
			batch(w, r, "https://"+r.Host+base+"/info/lfs/objects/")
		case r.Method == http.MethodPut:
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
			if err != nil {
				http.Error(w, "too large", http.StatusRequestEntityTooLarge)
				return
			}
			mu.Lock()
			objects[id] = body
			mu.Unlock()
		case r.Method == http.MethodGet:
			mu.Lock()
			body, ok := objects[id]
			mu.Unlock()
			if !ok {
				http.NotFound(w, r)
				return
			}
			_, _ = w.Write(body) // who has hung up doesn't want it
		default: // locks, which a server need not have
			http.NotFound(w, r)
		}
	})
}

// batch tells where each object of a request goes to or comes from.
func batch(w http.ResponseWriter, r *http.Request, objects string) {
	type object struct {
		ID      string                       `json:"oid"`
		Size    int64                        `json:"size"`
		Actions map[string]map[string]string `json:"actions,omitempty"`
	}
	var b struct {
		Operation string   `json:"operation,omitempty"` // upload or download
		Transfer  string   `json:"transfer"`
		Objects   []object `json:"objects"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&b); err != nil {
		http.Error(w, "no batch", http.StatusUnprocessableEntity)
		return
	}
	for i, o := range b.Objects {
		b.Objects[i].Actions = map[string]map[string]string{b.Operation: {"href": objects + o.ID}}
	}
	b.Operation, b.Transfer = "", "basic"
	w.Header().Set("Content-Type", "application/vnd.git-lfs+json")
	_ = json.NewEncoder(w).Encode(b) // who has hung up doesn't want it
}
