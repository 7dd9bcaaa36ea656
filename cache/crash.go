package cache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/share"
)

// foreignIntent is how long an intent counts as at work if its process can't be looked up, because it is
// on another machine or in another process namespace: longer than any transaction.
const foreignIntent = 30 * time.Second

// An inFlightError says that another process is sending the stored refresh token at this moment,
// though we hold the lock: the lock file was deleted, or it isn't shared.
type inFlightError struct{ pid int }

func (e *inFlightError) Error() string { return "another process is sending the refresh token" }

// recover finds out, under the lock, what the last holder left behind, and repairs it. It returns the
// token that is stored then, and the state without what is settled.
//
// It looks for, in this order: a process that is still working; a successor that only lacks its rename;
// an intent, so a refresh token may have been spent. The intent stays in the state: the next refresh
// presents that token once more, and only the answer settles it.
func (d *Dir) recover(name string, t Token, s state) (Token, state, error) {
	if s.Intent != nil && s.Intent.Digest == digest(t.Refresh) && d.atWork(s.Intent) {
		return t, s, &inFlightError{s.Intent.Pid}
	}
	successor, ok, err := d.orphan(name, t, s)
	if err != nil {
		return t, s, err
	}
	if ok {
		if err := d.adopt(name); err != nil {
			return successor, s, err // it can be served from where it lies
		}
		s.Intent, s.Pause, s.Mark, s.Last = nil, nil, nil, nil
		s.Attempts++
		_ = d.writeState(name, s, false) // an intent that stays names a token that is gone
		return successor, s, nil
	}
	if s.Intent != nil && s.Intent.Digest != digest(t.Refresh) {
		s.Intent = nil // nothing was sent, or its answer has been saved, or a login came between
	}
	return t, s, nil
}

// atWork reports whether the process that wrote the intent may still be working on it.
func (d *Dir) atWork(i *intent) bool {
	if i.Machine == d.sys.Machine() && i.Namespace == pidNamespace() {
		if i.Pid == d.sys.Pid {
			return false // our own, from an earlier send of the same transaction; or the pid's former process
		}
		start, alive := d.sys.Process(i.Pid)
		if alive && start != "" && start == i.Start {
			return true
		}
		if alive && startTells && start != "" && i.Start != "" {
			return false // the pid is another process' by now
		}
		if _, known := d.sys.Process(d.sys.Pid); known && !alive {
			return false
		}
	}
	// The pid means nothing here, or may be another process by now, whose start can be hidden (hidepid) or
	// count differently (another time namespace).
	age := d.sys.Now().Sub(i.At)
	return 0 <= age && age < foreignIntent
}

// orphan returns the successor in KEY.new, if it is whole and belongs to the token on the disk, to the
// token that a login was exchanging, or if there is no other token. A KEY.new is deleted if it is certainly
// worthless: its writer died before the answer was written, or a login came between. Otherwise it stays and
// the error says why: what can't be read now may be the only live token.
func (d *Dir) orphan(name string, t Token, s state) (Token, bool, error) {
	path := d.file(name, ".new")
	n, _, err := d.readToken(path) // the rest of the reserve may follow it
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Token{}, false, nil
	case errors.Is(err, errUnknownRecord):
		return Token{}, false, &NewerError{Path: path}
	case errors.Is(err, errDamaged), errors.Is(err, errNoFile):
		return Token{}, false, d.dropOrphan(name)
	case isLost(err): // nobody can open it any more, and the token on the disk may still be good
		_, err := d.setAside(name, ".new", sealedFile)
		return Token{}, false, err
	case err != nil:
		return Token{}, false, err
	}
	if n.predecessor == digest(t.Refresh) || t.none() || s.Intent != nil && n.predecessor == s.Intent.Digest {
		return n, true, nil
	}
	return Token{}, false, d.dropOrphan(name)
}

// dropOrphan deletes a KEY.new that nobody can use.
func (d *Dir) dropOrphan(name string) error {
	path := d.file(name, ".new")
	if err := share.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &FolderError{Path: path, Problem: "can't be deleted", Err: err}
	}
	return nil
}

// brief is how long a rename is tried if the next call can do it as well.
const brief = 100 * time.Millisecond

// adopt makes KEY.new the token file, as the dead process would have: cut, sync, rename, sync.
func (d *Dir) adopt(name string) error {
	path := d.file(name, ".new")
	b, _, err := d.readPrivate(path)
	if err != nil {
		return err
	}
	_, _, n, err := unframeAny(b)
	if err != nil {
		return err
	}
	f, err := d.openToWrite(path)
	if err != nil {
		return &FolderError{Path: path, Problem: "can't be used", Err: err}
	}
	r, err := d.newReserve(path, f)
	if err != nil {
		return &FolderError{Path: path, Problem: "can't be used", Err: err}
	}
	defer f.Close()
	if err := r.publish(name, b[:n], brief); err != nil && !inPlace(err) {
		return &FolderError{Path: d.file(name, ".json"), Problem: "can't be replaced", Err: err}
	}
	return nil
}

// keptAside is how many damaged token files are kept.
const keptAside = 3

// asideTime is UTC, to the millisecond, and sorts by time.
const asideTime = "20060102T150405.000"

// The endings of files that are kept aside.
const (
	badFile    = ".bad-"    // can't be read as one
	sealedFile = ".sealed-" // its key is gone
)

// setAside renames a token file that is of no use, or a KEY.new, to KEY.bad-TIME or KEY.sealed-TIME, under the
// lock, so that nothing of it is lost, and forgets the oldest ones. It returns the new name.
func (d *Dir) setAside(name, suffix, kind string) (string, error) {
	now := d.sys.Now().UTC()
	aside := d.file(name, kind+now.Format(asideTime))
	for d.exists(name, kind+now.Format(asideTime)) {
		now = now.Add(time.Millisecond)
		aside = d.file(name, kind+now.Format(asideTime))
	}
	if err := replace(d.file(name, suffix), aside, brief); err != nil {
		return "", &FolderError{Path: d.path, Problem: "can't be written", Err: err}
	}
	// The one just made stays even if the clock says that it is the oldest.
	old := slices.DeleteFunc(d.aside(name, kind), func(n string) bool { return n == filepath.Base(aside) })
	for _, n := range old[:max(0, len(old)-(keptAside-1))] {
		_ = share.Remove(filepath.Join(d.path, n))
	}
	return aside, nil
}

// aside lists the files of a kind that are kept of a key, oldest first.
func (d *Dir) aside(name, kind string) []string {
	entries, _ := os.ReadDir(d.path)
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), name+kind) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}
