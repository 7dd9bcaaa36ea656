//go:build unix

package cache

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// deadPid is the pid of a process that has ended.
func deadPid(t *testing.T) int {
	t.Helper()
	p := job{Op: "none", Dir: t.TempDir()}.start(t).release()
	p.ends()
	return p.Process.Pid
}

// crashed is an expired token whose refresh a dead process began at some point of it.
func crashed(t *testing.T, dom *domain, seal string) (*Dir, Token) {
	dir := folderOf(t, seal)
	return dir, expiredToken(t, dir, dom)
}

func plantIntent(t *testing.T, dir *Dir, refresh string, pid int) {
	t.Helper()
	s := state{Intent: &intent{Digest: digest(text(refresh)), At: dir.sys.Now().Add(-time.Minute), Pid: pid, Start: "1", Namespace: pidNamespace(), Machine: dir.sys.Machine()}}
	if err := dir.writeState(dir.name(testKey), s, false); err != nil {
		t.Fatal(err)
	}
}

func successorOf(old Token, access, refresh string, now time.Time) Token {
	n := Token{Access: text(access), Refresh: text(refresh), machine: old.machine, predecessor: digest(old.Refresh)}
	n.AccessStamp = Stamp{Obtained: now.Truncate(time.Millisecond), Life: time.Hour}
	return n
}

// What each point of death leaves, planted, and what the next call makes of it.
func TestWhatADeadProcessLeft(t *testing.T) {
	garbage := bytes.Repeat([]byte{0xa5}, reserveSize)
	for _, tt := range []struct {
		name   string
		leave  func(t *testing.T, dir *Dir, old Token, dom *domain)
		posts  int
		access string // "" : the access token is a new one of the domain's
		err    string
	}{
		{name: "K1 reserved, not sent", posts: 1, leave: func(t *testing.T, dir *Dir, old Token, dom *domain) {
			plantBytes(t, dir.file(dir.name(testKey), ".new"), garbage)
		}},
		{name: "K1 intent written, not sent", posts: 1, leave: func(t *testing.T, dir *Dir, old Token, dom *domain) {
			plantBytes(t, dir.file(dir.name(testKey), ".new"), garbage)
			plantIntent(t, dir, old.Refresh.Reveal(), deadPid(t))
		}},
		{name: "K3 rotated, answer lost", posts: 1, err: "interrupted", leave: func(t *testing.T, dir *Dir, old Token, dom *domain) {
			dom.mu.Lock()
			dom.rotate(old.Refresh.Reveal(), 200)
			dom.mu.Unlock()
			plantBytes(t, dir.file(dir.name(testKey), ".new"), garbage)
			plantIntent(t, dir, old.Refresh.Reveal(), deadPid(t))
		}},
		{name: "K4 half written", posts: 1, err: "interrupted", leave: func(t *testing.T, dir *Dir, old Token, dom *domain) {
			dom.mu.Lock()
			dom.rotate(old.Refresh.Reveal(), 200)
			dom.mu.Unlock()
			half := dir.whole(t, successorOf(old, "x", "y", dir.sys.Now()))
			plantBytes(t, dir.file(dir.name(testKey), ".new"), append(half[:len(half)/2:len(half)/2], garbage...))
			plantIntent(t, dir, old.Refresh.Reveal(), deadPid(t))
		}},
		{name: "K5 written, not cut", access: "successor", leave: func(t *testing.T, dir *Dir, old Token, dom *domain) {
			plantIntent(t, dir, old.Refresh.Reveal(), deadPid(t))
			plantBytes(t, dir.file(dir.name(testKey), ".new"), append(dir.whole(t, successorOf(old, "successor", "next", dir.sys.Now())), garbage...))
		}},
		{name: "K6 synced", access: "successor", leave: func(t *testing.T, dir *Dir, old Token, dom *domain) {
			plantIntent(t, dir, old.Refresh.Reveal(), deadPid(t))
			plantBytes(t, dir.file(dir.name(testKey), ".new"), dir.whole(t, successorOf(old, "successor", "next", dir.sys.Now())))
		}},
		{name: "K7 renamed", access: "successor", leave: func(t *testing.T, dir *Dir, old Token, dom *domain) {
			plantIntent(t, dir, old.Refresh.Reveal(), deadPid(t))
			plantToken(t, dir, successorOf(old, "successor", "next", dir.sys.Now()))
		}},
		{name: "a successor of another token", posts: 1, leave: func(t *testing.T, dir *Dir, old Token, dom *domain) {
			n := successorOf(old, "stray", "stray", dir.sys.Now())
			n.predecessor = digest(text("another"))
			plantBytes(t, dir.file(dir.name(testKey), ".new"), dir.whole(t, n))
		}},
		{name: "a link instead", posts: 1, leave: func(t *testing.T, dir *Dir, old Token, dom *domain) {
			target := filepath.Join(t.TempDir(), "target")
			plantBytes(t, target, dir.whole(t, successorOf(old, "stray", "stray", dir.sys.Now())))
			if err := os.Symlink(target, dir.file(dir.name(testKey), ".new")); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "a sparse 2 GB", posts: 1, leave: func(t *testing.T, dir *Dir, old Token, dom *domain) {
			path := dir.file(dir.name(testKey), ".new")
			plantBytes(t, path, nil)
			if err := os.Truncate(path, 2<<30); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "an intent for a token that is gone", posts: 1, leave: func(t *testing.T, dir *Dir, old Token, dom *domain) {
			plantIntent(t, dir, "earlier", deadPid(t))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eachForm(t, func(t *testing.T, seal string) {
				dom := newDomain(t)
				dir, old := crashed(t, dom, seal)
				tt.leave(t, dir, old, dom)
				got, err := dir.Token(t.Context(), testKey, Query{}, renewal(dom.URL))
				if h := heard(got, err); h.Kind != tt.err {
					t.Fatalf("got %+v, want %q", h, tt.err)
				}
				if n := dom.count(); n != tt.posts {
					t.Errorf("%d presentations, want %d", n, tt.posts)
				}
				switch {
				case tt.err != "":
					if got, err := dir.again(t).Token(t.Context(), testKey, Query{}, renewal(dom.URL)); heard(got, err).Kind != "interrupted" || dom.count() != tt.posts {
						t.Errorf("the next call: %v, %d presentations", err, dom.count())
					}
				case tt.access != "":
					if got.Token.Access != text(tt.access) || stored(t, dir).Refresh != text("next") {
						t.Errorf("got %s", got.Token.Access.Reveal())
					}
					if s := dir.readState(dir.name(testKey)); tt.name[:2] != "K7" && s.Intent != nil {
						t.Errorf("the intent stayed")
					}
				default:
					dom.chain(dir, testKey)
				}
				if left := leftovers(t, dir); left != nil {
					t.Errorf("left behind: %q", left)
				}
			})
		})
	}
}

// An intent of a process that lives keeps everybody off; so does a young one that can't be looked up.
func TestAnIntentAtWorkIsRespected(t *testing.T) {
	start, ok := processStart(os.Getppid())
	if !ok {
		t.Skip("no process to look up")
	}
	another := 0 // presentations where the pid has another start
	if startTells {
		another = 1
	}
	for _, tt := range []struct {
		name   string
		intent intent
		age    time.Duration
		posts  int
	}{
		{"its process lives", intent{Pid: os.Getppid(), Start: start, Namespace: pidNamespace()}, time.Hour, 0},
		{"its process lives, and was at another token", intent{Digest: "another", Pid: os.Getppid(), Start: start, Namespace: pidNamespace()}, time.Second, 1},
		{"its pid has another process, or another time namespace's clock, young", intent{Pid: os.Getppid(), Start: start + "1", Namespace: pidNamespace()}, time.Second, another},
		{"its pid has another process, old", intent{Pid: os.Getppid(), Start: start + "1", Namespace: pidNamespace()}, 31 * time.Second, 1},
		{"another namespace, young", intent{Pid: 1, Start: "1", Namespace: "pid:[1]"}, 29 * time.Second, 0},
		{"another namespace, the same pid", intent{Pid: os.Getpid(), Start: "1", Namespace: "pid:[1]"}, 29 * time.Second, 0},
		{"our pid, an earlier process", intent{Pid: os.Getpid(), Start: "1", Namespace: pidNamespace()}, time.Second, 1},
		{"another namespace, old", intent{Pid: 1, Start: "1", Namespace: "pid:[1]"}, 31 * time.Second, 1},
		{"another namespace, from the future", intent{Pid: 1, Start: "1", Namespace: "pid:[1]"}, -time.Hour, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dom := newDomain(t)
			dir, old := crashed(t, dom, "")
			dir.waits.expired = 200 * time.Millisecond
			i := tt.intent
			if i.Digest == "" {
				i.Digest = digest(old.Refresh)
			}
			i.At, i.Machine = dir.sys.Now().Add(-tt.age), dir.sys.Machine()
			before := state{Intent: &i}
			if err := dir.writeState(dir.name(testKey), before, false); err != nil {
				t.Fatal(err)
			}
			_, err := dir.Token(t.Context(), testKey, Query{}, renewal(dom.URL))
			if _, busy := errors.AsType[*BusyError](err); busy != (tt.posts == 0) {
				t.Errorf("got %v", err)
			}
			if n := dom.count(); n != tt.posts {
				t.Errorf("%d presentations, want %d", n, tt.posts)
			}
			if s := dir.readState(dir.name(testKey)); tt.posts == 0 && !s.same(before) {
				t.Errorf("the state was touched: %+v", s)
			}
		})
	}
}

// Where nobody can tell when a process started, a pid that lives may be another process by now: then
// what the intent's writer is doing ends with the longest time that it can take.
func TestAPidThatCameAgainBlocksNobody(t *testing.T) {
	for _, tt := range []struct {
		name       string
		age        time.Duration
		alive      bool
		busy, self bool
	}{
		{"alive, young", 10 * time.Second, true, true, true},
		{"alive, old", time.Minute, true, false, true},
		{"dead, young", 10 * time.Second, false, false, true},
		{"nobody can be looked up, young", 10 * time.Second, false, true, false},
		{"nobody can be looked up, old", time.Minute, false, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dom := newDomain(t)
			dir, old := crashed(t, dom, "")
			dir.waits.expired = 200 * time.Millisecond
			dir.sys.Process = func(pid int) (string, bool) {
				return "", tt.alive && pid != dir.sys.Pid || tt.self && pid == dir.sys.Pid
			}
			plantIntent(t, dir, old.Refresh.Reveal(), 4711)
			s := dir.readState(dir.name(testKey))
			s.Intent.At = dir.sys.Now().Add(-tt.age)
			if err := dir.writeState(dir.name(testKey), s, false); err != nil {
				t.Fatal(err)
			}
			_, err := dir.Token(t.Context(), testKey, Query{}, renewal(dom.URL))
			if _, busy := errors.AsType[*BusyError](err); busy != tt.busy || !busy && err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}
