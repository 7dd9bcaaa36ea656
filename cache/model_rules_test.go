//go:build linux

package cache

import (
	"errors"
	"slices"
	"strings"
	"testing/synctest"
	"time"
)

// check asserts what holds at every moment.
func (w *world) check() {
	d := w.look()
	t, err := d.read(string(testKey))
	if err != nil {
		w.breaks("a reader sees %v", err)
		return
	}
	w.onDisk[t.Access.Reveal()] = true
	s := d.readState(string(testKey))
	next, whole := d.successor()
	switch sum := digest(t.Refresh); {
	case t.Refresh.Empty(), w.alive[t.Refresh.Reveal()], w.revoked:
	case s.Intent != nil && s.Intent.Digest == sum:
	case s.Mark != nil && s.Mark.Digest == sum:
	case whole && next.predecessor == sum && w.alive[next.Refresh.Reveal()]:
	default:
		w.breaks("the refresh token on the disk is dead, and nothing there says why")
	}
	sending := map[string]string{}
	for _, p := range w.all {
		if p.sent == "" || p.over || p.at != "sending" && p.at != "answered" {
			continue
		}
		family, _, _ := strings.Cut(p.sent, "-")
		if other := sending[family]; other != "" {
			w.breaks("%s and %s are on the wire at once", p.sent, other)
		}
		sending[family] = p.sent
	}
	for _, p := range w.all {
		if access := p.result.Token.Access.Reveal(); p.over && p.err == nil && access != "" && !w.onDisk[access] {
			w.breaks("%s answered a token that never was on the disk", p.name)
		}
	}
}

// finish lets all go on to their ends, and then makes the call that comes after an hour.
func (w *world) finish(judge bool) {
	for judge && w.broken == "" {
		left := false
		for i, p := range w.all {
			if !p.over && w.broken == "" {
				left = true
				w.move(move{i, goes})
			}
		}
		if !left {
			break
		}
	}
	if judge && w.broken == "" {
		w.judge()
	}
	if judge && w.broken == "" {
		w.nextCall()
	}
	for _, p := range w.all { // those that are left
		for range 1000 {
			if p.over {
				break
			}
			p.goOn <- dies
			w.await(p)
		}
	}
}

// judge asserts that no call failed without a reason, and that a login stays.
func (w *world) judge() {
	logins, logouts := 0, 0
	for _, p := range w.all {
		if p.name == "login" {
			logins++
		}
		if p.name == "logout" {
			logouts++
		}
	}
	if len(w.presented) > 1 && w.mischief == 0 && !slices.ContainsFunc(w.all, func(p *actor) bool { return p.name == "forced" }) {
		w.breaks("one expiry cost %d requests", len(w.presented))
	}
	for _, p := range w.all {
		_, busy := errors.AsType[*BusyError](p.err)
		_, spent := errors.AsType[*SpentError](p.err)
		_, failure := errors.AsType[*Failure](p.err)
		_, folder := errors.AsType[*FolderError](p.err)
		switch {
		case p.dead, p.err == nil, p.name == "reader":
		case w.meddled > 0 && (folder || errors.Is(p.err, ErrCopied)):
		case failure && w.mischief > 0, spent && (w.lost || logouts > 0), failure && w.lost:
		case logouts > 0 && (errors.Is(p.err, ErrNothing) || failure):
		case busy && w.deleted > 0:
		default:
			w.breaks("%s fails for no reason: %v", p.name, p.err)
		}
		if p.name == "login" && p.err == nil && !p.dead && logins == 1 && logouts == 0 {
			if t, _ := w.look().read(string(testKey)); t.Refresh.Reveal()[:2] != p.result.Token.Refresh.Reveal()[:2] {
				w.breaks("the login's tokens are gone, %s is on the disk", t.Refresh.Reveal())
			}
		}
	}
}

// nextCall asserts that what is left behind is put right without a person, but where an answer was
// really lost, which is said.
func (w *world) nextCall() {
	w.now = w.now.Add(2 * time.Hour)
	w.mend()
	p := w.add("refresher", 999)
	synctest.Wait()
	for !p.over && w.broken == "" {
		w.move(move{len(w.all) - 1, goes})
	}
	if w.broken != "" {
		return
	}
	d := w.look()
	t, err := d.read(string(testKey))
	s := d.readState(string(testKey))
	spent, isSpent := errors.AsType[*SpentError](p.err)
	switch {
	case err != nil:
		w.breaks("in the end the file is %v", err)
	case d.exists(string(testKey), ".new"):
		w.breaks("KEY.new is left behind")
	case errors.Is(p.err, ErrNothing) && w.meddled > 0 && slices.ContainsFunc(w.all, func(p *actor) bool { return p.name == "logout" }):
	case errors.Is(p.err, ErrCopied) && w.copied[t.Refresh.Reveal()]:
	case p.err == nil && !w.alive[t.Refresh.Reveal()]:
		w.breaks("in the end the refresh token is dead")
	case p.err == nil && s.Intent != nil && s.Intent.Digest == digest(t.Refresh):
		w.breaks("an intent is left behind")
	case p.err == nil:
	case w.revoked && (isSpent || errors.Is(p.err, ErrNothing)):
	case isSpent && w.lost && spent.Interrupted != nil:
	default:
		w.breaks("the next call fails: %v", p.err)
	}
}
