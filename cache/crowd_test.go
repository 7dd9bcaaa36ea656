//go:build unix

package cache

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
)

// count is full, or short's share of it.
func count(full, short int) int {
	if testing.Short() {
		return short
	}
	return full
}

// expiredToken plants a token that the domain issued and that has just died.
func expiredToken(t *testing.T, dir *Dir, dom *domain) Token {
	t.Helper()
	access, refresh := dom.login()
	return plant(t, dir, access, refresh, 2*time.Hour, time.Hour)
}

// R1.
func TestOneExpiryCostsOneRequest(t *testing.T) {
	for range count(5, 1) {
		dir, dom := folder(t), newDomain(t)
		expiredToken(t, dir, dom)
		var answers []string
		for _, p := range (job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey}).crowd(t, 64) {
			s := p.says()
			if s.Error != "" {
				t.Errorf("a process failed: %s", s.Error)
			}
			answers = append(answers, s.Access)
		}
		if slices.Sort(answers); len(slices.Compact(answers)) != 1 {
			t.Errorf("answers differ: %q", slices.Compact(answers))
		}
		if n := dom.count(); n != 1 {
			t.Errorf("%d presentations", n)
		}
		dom.chain(dir, testKey)
		if left := leftovers(t, dir); left != nil {
			t.Errorf("left behind: %q", left)
		}
	}
}

// R9: All processes of a machine try once and say the same.
func TestAFailureIsShared(t *testing.T) {
	for _, tt := range []struct {
		name  string
		reply reply
		text  string
		kind  string
	}{
		{"closed", reply{keep: true}, "no answer", "failure"},
		{"500", reply{keep: true, status: 500}, "status 500 ", "failure"},
		{"429", reply{keep: true, status: 429, body: answer{RetryAfter: 7}}, "status 429 ", "failure"},
		{"503", reply{keep: true, status: 503}, "status 503 ", "failure"},
		{"invalid_client", reply{keep: true, status: 401, body: answer{Error: "invalid_client"}}, "status 401 invalid_client", "failure"},
		{"invalid_grant", reply{keep: true, status: 400, body: answer{Error: "invalid_grant"}}, "the refresh token is spent", "spent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, dom := folder(t), newDomain(t)
			tok := expiredToken(t, dir, dom)
			dom.script(func(int) reply { return tt.reply })
			// The usual pause of some seconds would be over before the last of them has started on a machine with much to do.
			j := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey, Asked: policy.Longest}
			for _, p := range j.crowd(t, count(64, 16)) {
				if s := p.says(); s.Error != tt.text || s.Kind != tt.kind || s.Access != "" {
					t.Errorf("got %+v, want %s %q", s, tt.kind, tt.text)
				}
			}
			if n := dom.count(); n != 1 {
				t.Errorf("%d presentations", n)
			}
			if got := stored(t, dir); got != tok {
				t.Errorf("the stored token changed")
			}
		})
	}
}

// Those who wait for a leader take its answer, and the lock is not what they wait for.
func TestWaitersEndWithTheirLeader(t *testing.T) {
	dir, dom := folder(t), newDomain(t)
	expiredToken(t, dir, dom)
	arrived, release := dom.gate()
	j := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey}
	crowd := j.crowd(t, 8)
	<-arrived
	release()
	for _, p := range crowd {
		if s := p.says(); s.Access != "access-1-2" {
			t.Errorf("got %+v", s)
		}
	}
	dom.once()
}

// So with a failure: it is heard while its holder still has the lock, by all at once.
func TestWaitersHearOfAFailureBesideTheLock(t *testing.T) {
	dir, dom := folder(t), newDomain(t)
	expiredToken(t, dir, dom)
	h, err := dir.tryLock(dir.name(testKey))
	if err != nil {
		t.Fatal(err)
	}
	defer h.release()
	waiter := dir.again(t)
	waiter.waits.expired = 5 * time.Second
	asked := 0
	waiter.sys.Spread = func() float64 { // for the early zone, then before each pause at the busy lock
		if asked++; asked == 2 {
			s := state{Attempts: 1, Last: &Failure{Class: "later", Text: "theirs"}}
			if err := dir.writeState(dir.name(testKey), s, false); err != nil {
				t.Error(err)
			}
		}
		return 0
	}
	if _, err := waiter.Token(t.Context(), testKey, Query{}, renewal(dom.URL)); err == nil || err.Error() != "theirs" {
		t.Errorf("got %v", err)
	}
	if n := dom.count(); n != 0 {
		t.Errorf("%d presentations", n)
	}
}

// R3: A person, or a cleaner of caches, deletes what is in use. A lock that others can't see any more is
// no lock: no token is presented twice.
func TestNoTokenIsPresentedTwiceWhileTheLockFileIsDeleted(t *testing.T) {
	dir, dom := folder(t), newDomain(t)
	dom.slow = 10 * time.Millisecond
	expiredToken(t, dir, dom)
	crowdWhile(t, dir, dom, func(<-chan string, <-chan struct{}) {
		_ = os.Remove(dir.file(dir.name(testKey), ".lock"))
		time.Sleep(time.Duration(rand.IntN(8_000)) * time.Microsecond) // no event: a rhythm that meets all steps
	})
	dom.chain(dir, testKey)
}

// The whole folder goes while an answer is awaited, and a person logs in again.
func TestNoTokenIsPresentedTwiceWhileTheFolderIsDeleted(t *testing.T) {
	dir, dom := folder(t), newDomain(t)
	dom.slow = 10 * time.Millisecond
	expiredToken(t, dir, dom)
	crowdWhile(t, dir, dom, func(arrived <-chan string, done <-chan struct{}) {
		select {
		case <-arrived:
		case <-done:
			return
		}
		_ = os.RemoveAll(dir.path)
		access, refresh := dom.login()
		old := Token{Access: text(access), Refresh: text(refresh)}
		old.AccessStamp = Stamp{Obtained: time.Now().Add(-time.Hour), Life: time.Second}
		for { // a process that made the folder again may be in the way
			_ = dir.ensure()
			planted := filepath.Join(dir.path, "planted")
			_ = os.WriteFile(planted, frame(encodeToken(old)), 0o600)
			if os.Rename(planted, dir.file(dir.name(testKey), ".json")) == nil {
				return
			}
		}
	})
}

// crowdWhile lets processes refresh again and again while harm is done, until enough was presented.
func crowdWhile(t *testing.T, dir *Dir, dom *domain, harm func(arrived <-chan string, done <-chan struct{})) {
	t.Helper()
	arrived, done, gone := make(chan string, 1<<16), make(chan struct{}), make(chan struct{})
	dom.mu.Lock()
	dom.arrived = arrived
	dom.mu.Unlock()
	go func() {
		defer close(gone)
		for {
			select {
			case <-done:
				return
			default:
				harm(arrived, done)
			}
		}
	}()
	j := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey, Query: Query{Force: true}, Wait: 2 * time.Second, Rounds: 10}
	for range 100 {
		if dom.count() >= count(40, 10) {
			break
		}
		for _, p := range j.crowd(t, 16) {
			p.ends()
		}
	}
	if dom.count() < count(40, 10) {
		t.Errorf("only %d presentations: the token was lost", dom.count())
	}
	close(done)
	<-gone
	dom.once()
}

// R14, A2.1: The token file is replaced again and again, and whoever reads sees the old one or the new one.
func TestNoReaderSeesHalfAFile(t *testing.T) {
	dir, dom := folder(t), newDomain(t)
	expiredToken(t, dir, dom)
	rounds := count(200, 20)
	j := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey, Query: Query{Force: true}, Rounds: rounds}
	done := make(chan struct{})
	var readers sync.WaitGroup
	var seen atomic.Int64 // different files, by all of them
	const crowd = 32
	for range crowd {
		readers.Go(func() {
			for before := ""; ; {
				tok, err := dir.read(dir.name(testKey))
				if err != nil || tok.Refresh.Empty() {
					t.Errorf("read %v, %v", tok.Access, err)
				}
				if now := tok.Access.Reveal(); now != before {
					before = now
					seen.Add(1)
				}
				select {
				case <-done:
					return
				case <-time.After(time.Millisecond):
				}
			}
		})
	}
	enough := int64(crowd * rounds / 10)
	for n := 0; n == 0 || n < 50 && seen.Load() < enough; n++ { // again where the readers hardly got to run
		if all, status := j.start(t).release().ends(); status != 0 || len(all) != rounds {
			t.Errorf("the writer: status %d, %d refreshes", status, len(all))
		}
	}
	close(done)
	readers.Wait()
	if n := seen.Load(); n < enough {
		t.Errorf("%d readers saw only %d files", crowd, n)
	}
}

// A login wins over refreshes that run at the same time: its family is on the disk afterwards.
func TestALoginAmongRefreshesStays(t *testing.T) {
	for range count(5, 1) {
		dir, dom := folder(t), newDomain(t)
		expiredToken(t, dir, dom)
		j := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey}
		crowd := j.crowd(t, 32)
		j.Op = "login"
		login := j.start(t).release()
		if s := login.says(); s.Error != "" {
			t.Fatalf("login: %s", s.Error)
		}
		for _, p := range crowd {
			if s := p.says(); s.Error != "" {
				t.Errorf("refresh: %s", s.Error)
			}
		}
		if got := stored(t, dir).Refresh.Reveal(); got[:len("refresh-2-")] != "refresh-2-" {
			t.Errorf("the disk holds %s", got)
		}
		dom.once()
		dom.chain(dir, testKey)
	}
}

// With a grant of its own the profile recovers from a spent token with one refresh and one grant.
func TestASpentTokenCostsOneGrant(t *testing.T) {
	dir, dom := folder(t), newDomain(t)
	plant(t, dir, "dead", "refresh-9-9", 2*time.Hour, time.Hour)
	j := job{Dir: dir.path, URL: dom.URL, Op: "token", Key: testKey, Grant: true}
	for _, p := range j.crowd(t, count(64, 16)) {
		if s := p.says(); s.Error != "" {
			t.Errorf("got %+v", s)
		}
	}
	if n := dom.count(); n != 1 || dom.grants != 1 {
		t.Errorf("%d presentations, %d grants", n, dom.grants)
	}
	dom.chain(dir, testKey)
}
