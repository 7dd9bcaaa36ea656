//go:build linux

package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A world is a folder, a domain and the processes.
type world struct {
	path string
	now  time.Time
	all  []*actor

	alive     map[string]bool // refresh tokens that the domain would take
	presented map[string]string
	issued    int
	family    int
	stamp     string          // its digest
	onDisk    map[string]bool // access tokens that were ever in the token file
	broken    string          // the first rule that was broken

	lost     bool            // an answer with a successor was lost
	revoked  bool            // by a logout
	deleted  int             // lock files
	mischief int             // kills and lost answers
	seal     string          // how tokens are sealed; "": not at all
	shelf    KeyStore        // of the key
	meddled  int             // files that were hidden, or copied
	copied   map[string]bool // refresh tokens that belong to another folder's original
}

func (w *world) breaks(format string, args ...any) {
	if w.broken == "" {
		w.broken = fmt.Sprintf(format, args...)
	}
}

// issue makes the next tokens of a family.
func (w *world) issue(family int) (access, refresh string) {
	w.issued++
	refresh = fmt.Sprintf("%d-%d", family, w.issued)
	w.alive[refresh] = true
	return "access-" + refresh, refresh
}

// present is the domain: each refresh token once, and a second time ends the family.
func (w *world) present(p *actor) (access, next string) {
	refresh := p.sent
	if refresh == "" {
		w.family++
		return w.issue(w.family)
	}
	if w.copied[refresh] {
		w.breaks("%s was presented, and is a copy's", refresh)
	}
	switch before := w.presented[refresh]; {
	case before == "", before == "lost":
	case before == "refused" && p.name == "forced": // a person typed it
	default:
		w.breaks("%s was presented again, though %s", refresh, before)
	}
	w.presented[refresh] = "answered"
	var family, n int
	_, _ = fmt.Sscanf(refresh, "%d-%d", &family, &n)
	if !w.alive[refresh] {
		w.presented[refresh] = "refused"
		for token := range w.alive {
			if strings.HasPrefix(token, fmt.Sprintf("%d-", family)) {
				delete(w.alive, token)
			}
		}
		return "", ""
	}
	delete(w.alive, refresh)
	return w.issue(family)
}

func newWorld(t *testing.T, path string, names []string, seal string, crashed bool) *world {
	w := &world{
		path: path, now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
		alive: map[string]bool{}, presented: map[string]string{}, onDisk: map[string]bool{}, copied: map[string]bool{}, family: 1,
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	var f form
	if seal != "" {
		key := bytes.Repeat([]byte{7}, keySize)
		f = form{store: seal, key: keyID(key)}
		w.seal, w.shelf = seal, &shelf{keys: map[string][]byte{f.key: key}}
		if seal == "keyring" { // the first who asks makes the kernel's copy
			w.shelf = copied{&shelf{}, w.shelf}
		}
	}
	d := w.look()
	err := d.ensure()
	if err == nil && f.sealed() {
		err = d.writeSealing(sealing{f.store, f.key})
	}
	if err != nil {
		t.Fatal(err)
	}
	access, refresh := w.issue(1)
	old := Token{Access: text(access), Refresh: text(refresh), machine: "m"}
	old.AccessStamp = Stamp{Obtained: w.now.Add(-2 * time.Hour), Life: time.Hour}
	plantBytes(t, d.file(string(testKey), ".json"), nil)
	fi, err := os.Stat(d.file(string(testKey), ".json"))
	if err != nil {
		t.Fatal(err)
	}
	old.inode = inode(fi)
	b, err := d.wrap(string(testKey), f, encodeToken(old))
	if err != nil {
		t.Fatal(err)
	}
	plantBytes(t, d.file(string(testKey), ".json"), b)
	plantBytes(t, d.file(string(testKey), ".lock"), nil)
	if crashed {
		w.crash(t, d, old, f)
	}
	for i, name := range names {
		w.add(name, i+100)
	}
	w.stamp = w.digest()
	return w
}

// crash is what a process left that was killed before its rename: the successor in KEY.new, and its intent.
func (w *world) crash(t *testing.T, d *Dir, old Token, f form) {
	spent := old.Refresh.Reveal()
	delete(w.alive, spent)
	w.presented[spent] = "answered"
	access, refresh := w.issue(1)
	next := Token{Access: text(access), Refresh: text(refresh), machine: "m", predecessor: digest(old.Refresh)}
	next.AccessStamp = Stamp{Obtained: w.now, Life: time.Hour}
	path := d.file(string(testKey), ".new")
	plantBytes(t, path, nil)
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	next.inode = inode(fi)
	b, err := d.wrap(string(testKey), f, encodeToken(next))
	if err != nil {
		t.Fatal(err)
	}
	plantBytes(t, path, b)
	s := state{Intent: &intent{Digest: digest(old.Refresh), At: w.now.Add(-time.Minute), Pid: 1, Start: "1", Namespace: pidNamespace(), Machine: "m"}}
	if err := d.writeState(string(testKey), s, false); err != nil {
		t.Fatal(err)
	}
}

func (w *world) add(name string, pid int) *actor {
	p := &actor{w: w, name: name, pid: pid, do: cast[name], goOn: make(chan verb)}
	if name != "logout" && name != "erase" {
		p.spread = 1
	}
	w.all = append(w.all, p)
	go p.live()
	return p
}

// move makes one decision come true and checks the rules.
func (w *world) move(m move) {
	if m.v == unlocks {
		_ = os.Remove(filepath.Join(w.path, string(testKey)+".lock"))
		w.deleted++
		w.check()
		w.stamp = w.digest()
		return
	}
	if m.v == hides || m.v == copies {
		w.meddle(m.v)
		w.check()
		w.stamp = w.digest()
		return
	}
	p := w.all[m.who]
	switch m.v {
	case goes:
	case ends:
		for n := 0; n == 0 || !p.over && p.at != "busy" && w.broken == ""; n++ {
			w.move(move{m.who, goes})
		}
		return
	default:
		w.mischief++
	}
	before, stamp := p.at, w.stamp
	if m.v == dies {
		w.bury(p)
	}
	p.goOn <- m.v
	w.await(p)
	w.check()
	w.stamp = w.digest()
	switch {
	case p.over:
		p.history = fmt.Sprint(p.result.Token.Access.Reveal(), p.err)
		return
	case before == "busy" && p.at == "busy" && strings.HasSuffix(p.history, stamp):
		return // looked once more at what it has seen
	case p.at == lookedAgain && p.name == "refresher":
		p.history = "" // all that it saw before is forgotten
	}
	sum := sha256.Sum256([]byte(p.history + before + string(m.v) + stamp))
	p.history = hex.EncodeToString(sum[:8]) + " " + w.stamp
}

// meddle does something to the files while nobody is at work.
func (w *world) meddle(v verb) {
	w.meddled++
	d := w.look()
	if v == hides {
		_ = os.Chmod(d.file(string(testKey), ".new"), 0o644)
		return
	}
	if t, _ := d.read(string(testKey)); !t.Refresh.Empty() {
		w.copied[t.Refresh.Reveal()] = true
	}
	if next, whole := d.successor(); whole {
		w.copied[next.Refresh.Reveal()] = true
	}
	for _, suffix := range []string{".json", ".new", ".state", ".lock"} {
		path := d.file(string(testKey), suffix)
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if err := os.WriteFile(path+".copy", b, 0o600); err != nil {
			w.breaks("%v", err)
		}
		if err := os.Rename(path+".copy", path); err != nil {
			w.breaks("%v", err)
		}
	}
}

// mend takes a hiding back.
func (w *world) mend() { _ = os.Chmod(w.look().file(string(testKey), ".new"), 0o600) }

// bury notes what dies with a process: an answer whose successor isn't on the disk.
func (w *world) bury(p *actor) {
	if p.sent == "" {
		return
	}
	if p.at == "sending" {
		w.presented[p.sent] = "lost"
		return
	}
	d := w.look()
	t, _ := d.read(string(testKey))
	if t.predecessor != digest(text(p.sent)) && w.presented[p.sent] != "" {
		w.presented[p.sent] = "lost"
		w.lost = true
	}
}

// await lets time pass until the process stops or ends.
func (w *world) await(p *actor) {
	synctest.Wait()
	for range 1000 {
		if p.at != "" || p.over {
			return
		}
		time.Sleep(26 * time.Millisecond)
		synctest.Wait()
	}
	w.breaks("%s never stops", p.name)
}
