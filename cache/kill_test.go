//go:build unix

package cache

import (
	"testing"
)

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
