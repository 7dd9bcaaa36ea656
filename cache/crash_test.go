//go:build unix

package cache

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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

// S34: Only what is missing or has proved worthless goes. A successor that can't be read now may be the only
// live token: it stays, nothing is sent, and it is used when it can be read.
func TestASuccessorThatCantBeReadStays(t *testing.T) {
	unknown := append([]byte(nil), seal([]byte(`{"access_token":"x","more":1}`))...)
	for _, tt := range []struct {
		name, problem string
		spoil, mend   func(path string) error
	}{
		{"open to others", "is open to others (mode 0644)",
			func(p string) error { return os.Chmod(p, 0o644) }, func(p string) error { return os.Chmod(p, 0o600) }},
		{"a hard link", "has a second name",
			func(p string) error { return os.Link(p, p+".second") }, func(p string) error { return os.Remove(p + ".second") }},
		{"a newer version's", "written by a newer credential-idcs",
			func(p string) error { return rewrite(p, []byte(`{"version":7,"more":1}`+"\n")) }, nil},
		{"a record of another program's", "written by a newer credential-idcs",
			func(p string) error { return rewrite(p, unknown) }, nil},
	} {
		for _, age := range []time.Duration{50 * time.Minute, 2 * time.Hour} {
			t.Run(tt.name+" "+age.String(), func(t *testing.T) {
				dir, _ := clocked(t)
				old := plant(t, dir, "old", "r", age, time.Hour)
				path := dir.file(dir.name(testKey), ".new")
				plantBytes(t, path, dir.whole(t, successorOf(old, "successor", "next", dir.sys.Now())))
				if err := tt.spoil(path); err != nil {
					t.Fatal(err)
				}
				before, _ := os.ReadFile(path)
				sent := 0
				for range 3 {
					got, err := dir.again(t).Token(t.Context(), testKey, Query{}, giving(aToken("x", "x"), &sent))
					if age < time.Hour {
						if err != nil || got.Token.Access != text("old") {
							t.Errorf("a live token: %v", err)
						}
					} else if err == nil || !strings.Contains(err.Error(), tt.problem) || !strings.Contains(err.Error(), path) {
						t.Errorf("got %v", err)
					}
				}
				if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) || sent != 0 {
					t.Errorf("the successor changed: %v, sent %d times", err, sent)
				}
				if tt.mend == nil {
					return
				}
				if err := tt.mend(path); err != nil {
					t.Fatal(err)
				}
				got, err := dir.Token(t.Context(), testKey, Query{}, giving(aToken("x", "x"), &sent))
				if err != nil || got.Token.Access != text("successor") || sent != 0 {
					t.Errorf("then: %v, sent %d times", err, sent)
				}
			})
		}
	}
}

func rewrite(path string, b []byte) error { return os.WriteFile(path, b, 0o600) }

// A successor is all there is where the token file was damaged, or is gone.
func TestASuccessorOfWhatCantBeReadIsUsed(t *testing.T) {
	eachForm(t, testASuccessorOfWhatCantBeRead)
}

func testASuccessorOfWhatCantBeRead(t *testing.T, seal string) {
	for _, gone := range []bool{false, true} {
		dir := folderOf(t, seal)
		old := plant(t, dir, "old", "r", 2*time.Hour, time.Hour)
		name := dir.name(testKey)
		plantBytes(t, dir.file(name, ".new"), dir.whole(t, successorOf(old, "successor", "next", dir.sys.Now())))
		plantBytes(t, dir.file(name, ".json"), []byte("damaged"))
		if gone {
			if err := os.Remove(dir.file(name, ".json")); err != nil {
				t.Fatal(err)
			}
		}
		sent := 0
		got, err := dir.Token(t.Context(), testKey, Query{}, giving(aToken("x", "x"), &sent))
		if err != nil || got.Token.Access != text("successor") || stored(t, dir).Refresh != text("next") || sent != 0 {
			t.Errorf("gone %v: %v, sent %d times", gone, err, sent)
		}
	}
}

// An intent of a process that lives keeps everybody off; so does a young one that can't be looked up.
func TestAnIntentAtWorkIsRespected(t *testing.T) {
	start, ok := processStart(os.Getppid())
	if !ok {
		t.Skip("no process to look up")
	}
	for _, tt := range []struct {
		name   string
		intent intent
		age    time.Duration
		posts  int
	}{
		{"its process lives", intent{Pid: os.Getppid(), Start: start, Namespace: pidNamespace()}, time.Hour, 0},
		{"its process lives, and was at another token", intent{Digest: "another", Pid: os.Getppid(), Start: start, Namespace: pidNamespace()}, time.Second, 1},
		{"its pid has another process, or another time namespace's clock, young", intent{Pid: os.Getppid(), Start: start + "1", Namespace: pidNamespace()}, time.Second, 0},
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

// A real process is killed at the gates of the domain, and the next call goes on.
func TestKilledWhileTheDomainHoldsTheAnswer(t *testing.T) { eachForm(t, testKilledAtTheDomain) }

func testKilledAtTheDomain(t *testing.T, seal string) {
	for _, rotated := range []bool{false, true} {
		for range count(10, 2) {
			dom := newDomain(t)
			dir, old := crashed(t, dom, seal)
			if !rotated {
				dom.script(func(int) reply { return reply{keep: true, status: 500} })
			}
			arrived, release := dom.gate()
			p := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey}.start(t).release()
			<-arrived
			if err := p.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			p.ends()
			release()
			dom.script(nil)
			got, err := dir.Token(t.Context(), testKey, Query{}, renewal(dom.URL))
			h := heard(got, err)
			if n := dom.presented[old.Refresh.Reveal()]; n != 2 {
				t.Errorf("%d presentations, want one more", n)
			}
			if rotated && (h.Kind != "interrupted" || h.Pid != p.Process.Pid) {
				t.Errorf("got %+v, want the interruption of pid %d", h, p.Process.Pid)
			}
			if !rotated {
				if h.Error != "" {
					t.Errorf("got %+v", h)
				}
				dom.chain(dir, testKey)
			}
			if left := leftovers(t, dir); left != nil {
				t.Errorf("left behind: %q", left)
			}
		}
	}
}

// R13: Death at any moment: the next call holds the lock and works. Interruptions are the only reason
// for a login.
func TestKilledAnywhere(t *testing.T) { eachForm(t, testKilledAnywhere) }

func testKilledAnywhere(t *testing.T, seal string) {
	dom := newDomain(t)
	dir := folderOf(t, seal)
	j := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey, Query: Query{Force: true}, Rounds: 1000}
	for i := range count(40, 5) {
		expiredToken(t, dir, dom)
		p := j.start(t)
		arrived := make(chan string, 4096)
		dom.mu.Lock()
		dom.arrived = arrived
		dom.mu.Unlock()
		p.release()
		for range i % 7 { // how far it gets
			<-arrived
		}
		_ = p.Process.Kill()
		_ = p.Wait()
		s := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey, Query: Query{}}.start(t).release().says()
		if s.Error != "" && s.Kind != "interrupted" {
			t.Errorf("after kill %d: %+v", i, s)
		}
		if left := leftovers(t, dir); len(left) > 1 || left != nil && left[0] != string(testKey)+".new" {
			t.Errorf("left behind: %q", left)
		}
	}
}

func TestADamagedFileIsKeptAside(t *testing.T) {
	whole := seal(encodeToken(sample()))
	for _, tt := range []struct {
		name string
		b    []byte
	}{
		{"empty", nil}, {"cut", whole[:100]}, {"flipped", bytes.Replace(whole, []byte("c2ln"), []byte("c2lo"), 1)},
		{"2 MiB", bytes.Repeat([]byte("x"), 2<<20)}, {"trailing", append(bytes.Clone(whole), 'x')},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := folder(t)
			now := dir.sys.Now()
			dir.sys.Now = func() time.Time { return now } // several in one millisecond
			path := dir.file(dir.name(testKey), ".json")
			for i := range 5 {
				b := append(bytes.Clone(tt.b), bytes.Repeat([]byte{'\n'}, min(i, len(tt.b)))...)
				plantBytes(t, path, b)
				if _, err := dir.Token(t.Context(), testKey, Query{CachedOnly: true}, Renewal{}); !errors.Is(err, ErrNotFresh) {
					t.Errorf("cached only: %v", err)
				}
				_, err := dir.Token(t.Context(), testKey, Query{}, Renewal{})
				damaged, ok := errors.AsType[*DamagedError](err)
				if !ok {
					t.Fatalf("got %v", err)
				}
				if got, err := os.ReadFile(damaged.Aside); err != nil || !bytes.Equal(got, b) {
					t.Errorf("kept aside: %d bytes of %d, %v", len(got), len(b), err)
				}
				if i == 3 {
					now = time.Unix(0, 0) // the newest stays, whatever the clock says
				}
			}
			if n := len(dir.aside(dir.name(testKey), badFile)); n != 3 {
				t.Errorf("%d files kept aside", n)
			}
			if _, err := dir.Token(t.Context(), testKey, Query{}, Renewal{}); !errors.Is(err, ErrNothing) {
				t.Errorf("the next call: %v", err)
			}
		})
	}
}

// What isn't ours is neither read nor touched, and nothing hangs.
func TestWhatIsNoTokenFileStaysUntouched(t *testing.T) {
	whole := seal(encodeToken(sample()))
	for _, tt := range []struct {
		name, problem string
		make          func(path string) error
	}{
		{"link", "is a link", func(p string) error {
			if err := os.WriteFile(p+".target", whole, 0o600); err != nil {
				return err
			}
			return os.Symlink(p+".target", p)
		}},
		{"dangling link", "is a link", func(p string) error { return os.Symlink("nowhere", p) }},
		{"fifo", "is no regular file", func(p string) error { return syscall.Mkfifo(p, 0o600) }},
		{"folder", "is no regular file", func(p string) error { return os.Mkdir(p, 0o700) }},
		{"hard link", "has a second name (hard link)", func(p string) error {
			if err := os.WriteFile(p, whole, 0o600); err != nil {
				return err
			}
			return os.Link(p, p+".second")
		}},
		{"readable by the group", "is open to others (mode 0640)", func(p string) error {
			if err := os.WriteFile(p, whole, 0o600); err != nil {
				return err
			}
			return os.Chmod(p, 0o640)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := folder(t)
			path := dir.file(dir.name(testKey), ".json")
			if err := tt.make(path); err != nil {
				t.Fatal(err)
			}
			before, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			grants := 0
			grant := func() (Token, *Refusal) { grants++; return Token{}, &Refusal{} }
			for _, op := range []string{"token", "login"} {
				_, err = callWith(t, dir, op, grant)
				if f, ok := errors.AsType[*FolderError](err); !ok || f.Problem != tt.problem {
					t.Errorf("%s: got %v, want %q", op, err, tt.problem)
				}
			}
			if grants > 0 {
				t.Errorf("asked the domain %d times", grants)
			}
			if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) || after.Mode() != before.Mode() {
				t.Errorf("it was touched: %v", err)
			}
		})
	}
}

// A2.8b.
func TestANewerFileStaysUntouched(t *testing.T) {
	dir := folder(t)
	path := dir.file(dir.name(testKey), ".json")
	newer := bytes.Replace(seal(encodeToken(sample())), []byte(`"version":1`), []byte(`"version":2`), 1)
	plantBytes(t, path, newer)
	for _, op := range []string{"token", "login"} {
		_, err := callWith(t, dir, op, func() (Token, *Refusal) { t.Error("asked the domain"); return Token{}, &Refusal{} })
		if err == nil || !strings.HasSuffix(err.Error(), "was written by a newer credential-idcs") {
			t.Errorf("%s: %v", op, err)
		}
	}
	if got, _ := os.ReadFile(path); !bytes.Equal(got, newer) {
		t.Error("the file changed")
	}
}

// Odd things under the other names hold nobody up.
func TestFifosUnderTheOtherNamesHangNobody(t *testing.T) {
	for _, suffix := range []string{".state", ".lock", ".new"} {
		t.Run(suffix, func(t *testing.T) {
			dir, dom := folder(t), newDomain(t)
			path := dir.file(dir.name(testKey), suffix)
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
			keep, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0) // a reader waits for its writer
			if err != nil {
				t.Fatal(err)
			}
			defer keep.Close()
			dir.waits = waits{}
			tok := plant(t, dir, "alive", "refresh-1-1", 50*time.Minute, time.Hour)
			got, err := dir.Token(t.Context(), testKey, Query{}, renewal(dom.URL))
			if err != nil || got.Token.Access != tok.Access && suffix != ".new" {
				t.Errorf("got %v", err)
			}
			_ = dir.holder(dir.name(testKey))
			_ = dir.View(testKey, renewal(dom.URL))
		})
	}
}

// callWith is Token or Login with one function for the domain.
func callWith(t *testing.T, dir *Dir, op string, ask func() (Token, *Refusal)) (Result, error) {
	if op == "login" {
		return dir.Login(t.Context(), testKey, grantOf(ask))
	}
	return dir.Token(t.Context(), testKey, Query{Force: true}, Renewal{Grant: grantOf(ask), Client: func() string { return "" }})
}
