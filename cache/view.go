package cache

import (
	"errors"
	"time"
)

// A View is what the files of a key hold, for people. It holds no secret.
type View struct {
	// State is "fresh", "stale" (usable, but due for a refresh), "expired" (will be refreshed on next
	// use), "login_needed" (something is stored that can't be used or refreshed), "locked" (it is sealed, and its
	// key can't be had now) or "none".
	State      string
	Expires    time.Time     // of the access token; zero: there is none
	Obtained   time.Time     // of the access token; zero: there is none
	Size       int           // of the access token, in bytes
	Left       time.Duration // of the access token's life, by both clocks; not negative
	Refresh    bool          // there is a refresh token that may be sent, or a grant needs no person
	Ends       error         // why there is none, as a call says it; nil: there is one, or nothing is stored
	Last       *Failure      // the last attempt's, if it failed
	PauseUntil time.Time     // zero: no pause
	Problem    error         // why the files can't be used
	Network    bool          // the folder may be shared with other machines
	Seal       string        // how the file lies: "none", or the store of the key with which it is sealed
}

// View looks at the files of a key without lock or network, and changes nothing.
func (d *Dir) View(key Key, r Renewal) View {
	c := d.call(key, Query{}, r)
	c.view = true
	v := View{State: "none", Network: d.network, Seal: "none"}
	t, err := d.read(c.name)
	if err != nil {
		v.State, v.Problem = "login_needed", err
		if sealed, ok := errors.AsType[*SealedError](err); ok {
			v.Seal = sealed.Store
			switch {
			case !sealed.Lost:
				v.State = "locked"
			case r.Grant != nil: // the next call gets another
				v.State, v.Refresh = "expired", true
			}
		}
		if errors.Is(err, errDamaged) {
			v.Problem = &FolderError{Path: d.file(c.name, ".json"), Problem: "is damaged"}
			if r.Grant != nil { // the next call keeps it aside and gets another
				v.State, v.Refresh = "expired", true
			}
		}
		return v
	}
	if t.form.sealed() {
		v.Seal = t.form.store
	}
	s := d.readState(c.name)
	v.Last = s.Last
	if t.none() {
		v.Refresh = r.Grant != nil
		return v
	}
	if s.Pause.counts(d.sys.Now(), digest(t.Refresh), r) {
		v.PauseUntil = s.Pause.End
	}
	v.Refresh = r.Grant != nil || c.canRefresh(t, s)
	if !v.Refresh {
		v.Ends = c.loginNeeded(t, s)
	}
	z, _ := c.classify(t)
	if !t.Access.Empty() {
		v.Expires, v.Obtained = t.AccessStamp.Expires(), t.AccessStamp.Obtained
		v.Size = len(t.Access.Reveal())
		v.Left = max(0, c.left(t.AccessStamp, t))
	}
	switch {
	case z == fresh:
		v.State = "fresh"
	case z != expired:
		v.State = "stale"
	case v.Refresh:
		v.State = "expired"
	default:
		v.State = "login_needed"
	}
	return v
}

// Network reports whether the folder may be shared with other machines.
func (d *Dir) Network() bool { return d.network }

// Path is the folder.
func (d *Dir) Path() string { return d.path }
