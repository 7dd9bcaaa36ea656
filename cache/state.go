package cache

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
)

// A state is what is stored beside the token: what is being sent, what failed, and until when nobody
// sends anything. It is read without the lock for hints and under the lock for decisions, and written
// only under the lock.
//
// Its file is the only one that is written in place, in one call and at a fixed size, instead of replaced
// by rename: so recording a failure needs no room on a full disk, and KEY.new stays the only temporary
// file. A reader without the lock may read half of it; then the checksum fails and it counts as empty,
// which costs a look under the lock. A crash in the middle loses nothing that matters: before sending
// nothing has been spent, and after saving the intent is no longer needed.
type state struct {
	Intent *intent  `json:"intent,omitempty"`
	Mark   *mark    `json:"mark,omitempty"`
	Pause  *pause   `json:"pause,omitempty"`
	Last   *Failure `json:"last,omitempty"`
	// Attempts counts the attempts that ended, so that a process that waits notices one.
	Attempts uint64 `json:"attempts"`
	SkewMS   int64  `json:"skew_ms,omitempty"`
}

// An intent records that a refresh token is about to be sent, or was.
type intent struct {
	Digest    string    `json:"digest"` // of the refresh token
	At        time.Time `json:"at"`
	Pid       int       `json:"pid"`
	Start     string    `json:"start"` // when that process started
	Namespace string    `json:"namespace,omitempty"`
	Machine   string    `json:"machine,omitempty"`
}

// A mark records that a refresh token is spent.
type mark struct {
	Digest      string       `json:"digest"`
	Interrupted *Interrupted `json:"interrupted,omitempty"`
}

// A pause records until when nobody sends anything.
type pause struct {
	Refresh string    `json:"refresh,omitempty"` // digest of the refresh token it counts for
	Client  string    `json:"client,omitempty"`  // the client, or the way, it counts for; empty: any
	Begun   time.Time `json:"begun"`
	End     time.Time `json:"end"`
	Kind    Pause     `json:"kind"`
	Row     int       `json:"row"` // failures in a row
}

// stateSize is what the state's file takes, always: the failure's texts are bounded far below it.
const stateSize = 4096

// counts reports whether the pause holds now for this refresh token and this caller.
func (p *pause) counts(now time.Time, refresh string, r Renewal) bool {
	return p != nil && !now.Before(p.Begun) && now.Before(p.End) && p.End.Sub(p.Begun) <= policy.Longest &&
		p.Refresh == refresh && p.concerns(r)
}

func decodeState(b []byte) (state, error) {
	record, _, err := unframe(b)
	if err != nil {
		return state{}, err
	}
	var s state
	d := json.NewDecoder(bytes.NewReader(record))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return state{}, errDamaged
	}
	if again, err := encodeState(s); err != nil || !bytes.Equal(again, b) {
		return state{}, errDamaged // no state that this program wrote
	}
	return s, nil
}

// encodeState fills exactly stateSize bytes; the padding is spaces after the framed line.
func encodeState(s state) ([]byte, error) {
	if s.Last != nil { // JSON replaces invalid UTF-8, and then the state would not be the one that was written
		last := *s.Last
		for _, p := range []*string{&last.Class, &last.Code, &last.Description, &last.ECID, &last.Text, &last.Command} {
			*p = strings.ToValidUTF8(*p, "?")
		}
		s.Last = &last
	}
	record, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	b := frame(record)
	if len(b) > stateSize {
		if s.Last == nil {
			return nil, errors.New("state too large")
		}
		short := *s.Last
		for _, p := range []*string{&short.Class, &short.Code, &short.Description, &short.ECID, &short.Text, &short.Command} {
			*p = cut(*p)
		}
		s.Last = &short
		if record, err = json.Marshal(s); err != nil {
			return nil, err
		}
		if b = frame(record); len(b) > stateSize {
			return nil, errors.New("state too large")
		}
	}
	return append(b, bytes.Repeat([]byte{' '}, stateSize-len(b))...), nil
}

// cut shortens a text so that six of them fit into a state even if each byte is escaped in six.
func cut(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "")
	}
	return s
}

// readState returns the empty state for a file that isn't there or can't be read.
func (d *Dir) readState(name string) state {
	s, _ := d.tryReadState(name)
	return s
}

// tryReadState is readState for a decision: the error says that there may be a state which could not be
// read.
func (d *Dir) tryReadState(name string) (state, error) {
	f, err := d.openShared(d.file(name, ".state"))
	if errors.Is(err, fs.ErrNotExist) {
		return state{}, nil
	}
	if err != nil {
		return state{}, err
	}
	defer f.Close()
	if fi, err := f.Stat(); err != nil || !fi.Mode().IsRegular() || fi.Size() < stateSize {
		return state{}, err // reading a fifo would wait
	}
	b := make([]byte, stateSize)
	for range 3 { // while another process writes, half of it may be there
		if _, err := f.ReadAt(b, 0); err != nil {
			return state{}, err
		}
		if s, err := decodeState(b); err == nil {
			return s, nil
		}
	}
	return state{}, nil
}

// same reports whether no attempt began or ended between the readings of two states.
func (s state) same(o state) bool {
	if s.Attempts != o.Attempts || (s.Intent == nil) != (o.Intent == nil) {
		return false
	}
	a, b := s.Intent, o.Intent
	return a == nil || a.Digest == b.Digest && a.Pid == b.Pid && a.Start == b.Start && a.At.Equal(b.At)
}

// guardState locks the state file itself while it is read and written; errBusy: another process does so.
// Where an open file can't be deleted (Windows) the key's lock is enough, and the hold is nil.
func (d *Dir) guardState(name string) (*hold, error) {
	if !modesCount {
		return nil, nil
	}
	return lockFile(d.file(name, ".state"))
}

// writeState stores s. With durable set it is on the disk when writeState returns.
func (d *Dir) writeState(name string, s state, durable bool) error {
	b, err := encodeState(s)
	if err != nil {
		return err
	}
	path := d.file(name, ".state")
	f, err := d.openToWrite(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = createPrivate(path)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	if !fi.Mode().IsRegular() {
		return &FolderError{Path: path, Problem: "is no regular file"}
	}
	if _, err := f.WriteAt(b, 0); err != nil {
		return err
	}
	if !durable {
		return nil
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if fi.Size() == 0 { // new: its name must be on the disk too
		return syncFolder(d.path)
	}
	return nil
}
