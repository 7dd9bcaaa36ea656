//go:build linux

package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// look is the folder as somebody sees it who asks nothing.
func (w *world) look() *Dir {
	s := NewSystem()
	s.Now = func() time.Time { return w.now }
	s.Machine = func() string { return "m" }
	s.NetworkFS = func(string) bool { return false }
	s.Boot = func() time.Duration { return 0 }
	w.seals(&s)
	d, err := Open(w.path, s)
	if err != nil {
		w.breaks("the folder: %v", err)
		return &Dir{path: w.path, sys: s}
	}
	return d
}

// seals gives a machine the world's keys, if there are any.
func (w *world) seals(s *System) {
	s.Seal, s.Keys = "", nil
	s.BootID, s.UserNamespace = func() string { return "boot" }, func() string { return "ns" }
	if w.seal != "" {
		s.Seal, s.Keys = w.seal, func(string) KeyStore { return w.shelf }
	}
}

// successor is the token in KEY.new, if it is whole.
func (d *Dir) successor() (Token, bool) {
	path := d.file(string(testKey), ".new")
	fi, err := os.Lstat(path)
	if err != nil || isReserve(fi) { // nothing is written into it yet
		return Token{}, false
	}
	t, _, err := d.readToken(path)
	return t, err == nil
}

// modelRoom is little, as to fill much takes longer than all the rest of a play. No other file is just as long.
var modelRoom = room{open: 5 << 10, sealed: 6 << 10}

func isReserve(fi os.FileInfo) bool {
	return fi.Size() == int64(modelRoom.open) || fi.Size() == int64(modelRoom.sealed)
}

// digest is what everybody can see.
func (w *world) digest() string {
	h := sha256.New()
	d := w.look()
	for _, suffix := range []string{".json", ".state", ".lock", ".new"} {
		path := filepath.Join(w.path, string(testKey)+suffix)
		var b []byte
		fi, err := os.Lstat(path)
		if err == nil && !isReserve(fi) { // that one is random
			b, _ = os.ReadFile(path)
			// So are a box and the inode number of a file.
			if t, rest, err := d.readToken(path); err == nil {
				b = fmt.Appendf(nil, "%v %v %d ", t.form, t.copied, len(rest))
				t.inode = 0
				b = append(b, encodeToken(t)...)
			}
		}
		if err == nil && fi.Mode().Perm() != 0o600 {
			b = append(b, "hidden"...)
		}
		fmt.Fprintf(h, "%s %v %d %s", suffix, err == nil, len(b), b)
	}
	alive := make([]string, 0, len(w.alive))
	for token := range w.alive {
		alive = append(alive, token)
	}
	slices.Sort(alive)
	fmt.Fprint(h, alive, w.presented, w.issued, w.deleted, w.meddled, w.copied) // fmt sorts maps
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// key is what decides what may come.
func (w *world) key() string {
	var b strings.Builder
	fmt.Fprint(&b, w.stamp, w.mischief, w.lost, w.revoked)
	for _, p := range w.all {
		fmt.Fprint(&b, "|", p.at, p.over, p.dead, p.sent, p.history)
	}
	return b.String()
}
