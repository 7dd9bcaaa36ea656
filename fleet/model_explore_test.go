package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A step is one decision.
type step struct {
	who int // -1: the world
	c   choice
}

func (m *model) moves(mischief int) (all []step) {
	for i, p := range m.all {
		if p.over || p.at == "" {
			continue
		}
		all = append(all, step{i, goes})
		if m.mischief >= mischief || p.at == "idle" || p.at == "connected" {
			continue
		}
		switch p.at {
		case "get":
			continue // a failed reading changes nothing
		case "swap":
			all = append(all, step{i, fails}, step{i, loses}, step{i, dies})
		case "sending":
			all = append(all, step{i, fails}, step{i, loses}, step{i, dies})
		case "answered":
			all = append(all, step{i, dies})
		}
	}
	if m.leapt == 0 {
		return append(all, step{-1, leaps})
	}
	if m.leapt < 4 {
		all = append(all, step{-1, waits}, step{-1, quarts})
	}
	return all
}

func (m *model) do(s step) {
	switch s.c {
	case waits, leaps, quarts:
		m.leapt++
		m.w.pass(map[choice]time.Duration{waits: 10 * time.Second, leaps: 35 * time.Minute, quarts: 12 * time.Minute}[s.c])
		return
	case fails, loses, dies:
		m.mischief++
	}
	p := m.all[s.who]
	before := p.at
	if s.c == dies && (p.holding != "" || before == "sending") {
		m.lostLogin = m.lostLogin || p.holding != ""
	}
	stamp := m.stamp()
	p.goOn <- s.c
	synctest.Wait()
	for i := 0; p.at == "" && !p.over && i < 100; i++ {
		time.Sleep(time.Second) // it sleeps, in the bubble
		synctest.Wait()
	}
	if p.at == "idle" {
		p.history = ""
	} else {
		sum := sha256.Sum256([]byte(p.history + before + string(s.c) + stamp))
		p.history = hex.EncodeToString(sum[:8])
	}
	m.check()
}

func (m *model) stamp() string {
	return fmt.Sprint(string(m.w.stored), m.w.version, m.w.alive, m.w.now.Unix())
}

// key is what decides what may come.
func (m *model) key() string {
	var b strings.Builder
	fmt.Fprint(&b, m.stamp(), m.mischief, m.leapt)
	for _, p := range m.all {
		fmt.Fprint(&b, "|", p.at, p.over, p.holding, p.history, p.k.seen != nil, p.k.seenSince.Wall.Unix(), p.k.owed != nil)
	}
	for _, token := range slices.Sorted(maps.Keys(m.presented)) {
		pr := m.presented[token]
		fmt.Fprint(&b, token, pr.by.name, pr.lost, pr.saved, pr.refused, pr.at.Unix())
	}
	sum := sha256.Sum256([]byte(b.String()))
	return string(sum[:])
}

// end lets everybody go on, and time pass, and asserts that the login is lost only where its answer was.
func (m *model) end() {
	for round := 0; round < 12 && m.broken == ""; round++ {
		for i, p := range m.all {
			for n := 0; n < 30 && !p.over && m.broken == ""; n++ {
				m.do(step{i, goes})
				if p.at == "idle" {
					break
				}
			}
		}
		m.w.pass(4 * time.Minute)
	}
	if s := m.w.state(); s.spent() && !m.lostLogin && m.broken == "" {
		m.breaks("a login is needed, and no answer was lost")
	}
	for _, p := range m.all {
		if !p.over {
			p.goOn <- dies
		}
	}
	synctest.Wait()
}

// explore runs all plays up to a depth, the shortest first, until one breaks a rule.
func explore(t *testing.T, actors, depth, mischief int) (plays int, broken string) {
	known := map[string]bool{}
	for queue := [][]step{nil}; len(queue) > 0; queue = queue[1:] {
		play := queue[0]
		plays++
		var next []step
		var trace strings.Builder
		synctest.Test(t, func(t *testing.T) {
			m := newModel(t, actors)
			synctest.Wait()
			for _, s := range play {
				who, at := "the world", ""
				if s.who >= 0 {
					who, at = m.all[s.who].name, m.all[s.who].at
				}
				m.do(s)
				fmt.Fprintf(&trace, "%s at %q %s\n", who, at, s.c)
			}
			key := m.key()
			if !known[key] && len(play) < depth {
				next = m.moves(mischief)
			}
			if known[key] {
				m.kill()
				return
			}
			known[key] = true
			m.end()
			broken = m.broken
		})
		if broken != "" {
			return plays, broken + "\n" + trace.String()
		}
		for _, s := range next {
			queue = append(queue, append(slices.Clip(play), s))
		}
	}
	return plays, ""
}

// kill ends the processes of a play that isn't gone on with.
func (m *model) kill() {
	for _, p := range m.all {
		if !p.over {
			p.goOn <- dies
		}
	}
	synctest.Wait()
}

func TestModel(t *testing.T) {
	depth := 6
	if testing.Short() {
		depth = 5
	} else if v := os.Getenv("CREDENTIAL_IDCS_REPEAT"); v != "" && v != "1" {
		depth += 3
	}
	for _, tt := range []struct{ actors, depth, mischief int }{{1, depth + 1, 2}, {2, depth, 1}} {
		t.Run(fmt.Sprint(tt), func(t *testing.T) {
			plays, broken := explore(t, tt.actors, tt.depth, tt.mischief)
			if broken != "" {
				t.Error(broken)
			}
			t.Logf("%d plays", plays)
		})
	}
}
