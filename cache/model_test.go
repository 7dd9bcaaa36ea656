//go:build linux

package cache

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// limits bound a play: the decisions before everybody just goes on, the kills and lost answers, the
// deletions of the lock file, and what happens to files while nobody is at work: a KEY.new that can't be
// read, a folder that is replaced by a copy of itself.
const complete = 1000 // decisions: more than any play has

type limits struct{ depth, mischief, deleted, meddled int }

// A move is one decision of the scheduler: what happens to which process, -1 for the world.
type move struct {
	who int
	v   verb
}

// A play is one run: the cast and the decisions so far.
type play struct {
	names []string
	seal  string // how token files are written; "": in the open
	moves []move
}

// A seen is what a play came to.
type seen struct {
	key    string // of the world and all that its processes can know
	next   []move
	known  bool // it was come to before
	broken string
	trace  string
}

// run plays and, when its moves are over and have led to what isn't known yet, lets everybody go on to
// the end.
func (p play) run(t *testing.T, path string, limit limits, known map[string]bool) (s seen) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path, p.names, p.seal, limit.meddled > 0)
		synctest.Wait()
		var trace strings.Builder
		for i, m := range p.moves {
			at := ""
			if m.who >= 0 {
				at = w.all[m.who].at
			}
			w.move(m)
			fmt.Fprintf(&trace, "%3d. %s\n", i+1, w.tell(m, at))
			if w.broken != "" {
				break
			}
		}
		s.key, s.next = w.key(), w.moves(limit)
		s.known = known[s.key]
		known[s.key] = true
		w.finish(!s.known)
		s.broken, s.trace = w.broken, trace.String()
	})
	return s
}

func (w *world) tell(m move, at string) string {
	if m.who < 0 {
		return string(m.v)
	}
	p := w.all[m.who]
	now := p.at
	if p.over {
		now = "end"
	}
	return fmt.Sprintf("%s (pid %d) at %q %s, to %q", p.name, p.pid, at, m.v, now)
}

// moves are what may happen next.
func (w *world) moves(limit limits) []move {
	var all []move
	for i, p := range w.all {
		if p.over {
			continue
		}
		all = append(all, move{i, goes})
		if limit.depth < complete { // else that's only a shorter way to what is come to anyway
			all = append(all, move{i, ends})
		}
		if w.mischief == limit.mischief || p.at == "start" || p.at == "busy" || p.at == lookedAt {
			continue // a process that has changed nothing may as well not have been
		}
		all = append(all, move{i, dies})
		if p.at == "sending" && p.sent != "" {
			all = append(all, move{i, loses}, move{i, fails})
		}
	}
	if w.deleted < limit.deleted && slices.ContainsFunc(w.all, (*actor).working) {
		all = append(all, move{-1, unlocks})
	}
	if w.meddled < limit.meddled && !slices.ContainsFunc(w.all, (*actor).working) {
		all = append(all, move{-1, copies})
		if w.look().exists(string(testKey), ".new") {
			all = append(all, move{-1, hides})
		}
	}
	return all
}

// working reports whether the process is anywhere where it may matter that its lock file is deleted.
func (p *actor) working() bool {
	return !p.over && p.at != "start" && p.at != lookedAt && p.at != "busy"
}

// explore runs all plays of a cast, the shortest first, until one breaks a rule. Plays that come to
// the same are continued once.
func explore(t *testing.T, names []string, seal string, limit limits) (plays int, s seen) {
	path := filepath.Join(modelFolder(t), "cache")
	known := map[string]bool{}
	for queue := []play{{names: names, seal: seal}}; len(queue) > 0; queue = queue[1:] {
		p := queue[0]
		plays++
		s := p.run(t, path, limit, known)
		if s.broken != "" {
			return plays, s
		}
		if s.known || len(p.moves) == limit.depth {
			continue
		}
		for _, m := range s.next {
			queue = append(queue, play{names, seal, append(slices.Clip(p.moves), m)})
		}
	}
	return plays, seen{}
}

// modelFolder lies in memory where there is such a place: syncing is no part of the model.
func modelFolder(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "model")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestModel(t *testing.T) {
	for _, tt := range []struct {
		cast  string
		limit limits
	}{
		{"refresher refresher", limits{complete, 1, 0, 0}},
		{"refresher refresher", limits{5, 1, 1, 0}},
		{"refresher refresher", limits{7, 0, 1, 0}},
		{"forced refresher", limits{6, 2, 0, 0}},
		{"forced forced login", limits{4, 1, 0, 0}},
		{"login refresher", limits{5, 1, 1, 0}},
		{"login refresher", limits{7, 0, 1, 0}},
		{"erase refresher", limits{6, 1, 1, 0}},
		{"logout refresher", limits{6, 1, 0, 0}},
		{"refresher login erase", limits{5, 1, 0, 0}},
		{"refresher forced logout", limits{4, 1, 0, 0}},
		{"refresher refresher", limits{5, 1, 0, 1}},
		{"forced login", limits{5, 1, 0, 1}},
		{"erase logout", limits{5, 1, 0, 1}},
	} {
		if testing.Short() {
			tt.limit.depth = min(tt.limit.depth, 4)
		} else if v := os.Getenv("CREDENTIAL_IDCS_REPEAT"); v != "" && v != "1" {
			tt.limit.depth += 3
		}
		for _, seal := range []string{"", "kernel", "keyring"} {
			name := fmt.Sprint(tt.cast, tt.limit)
			if seal != "" {
				name += " sealed, " + seal
				tt.limit.depth = min(tt.limit.depth, map[string]int{"kernel": 5, "keyring": 4}[seal])
			}
			t.Run(name, func(t *testing.T) {
				plays, s := explore(t, strings.Fields(tt.cast), seal, tt.limit)
				if s.broken != "" {
					t.Errorf("%s\n%s", s.broken, s.trace)
				}
				t.Logf("%d plays", plays)
			})
		}
	}
}
