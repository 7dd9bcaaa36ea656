package kubectl

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// K12: field 22, counted behind the last ")".
func TestStartTime(t *testing.T) {
	const behind = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 8150 20 21"
	for stat, want := range map[string]string{
		"42 (kubectl)" + behind:       "8150",
		"42 (a) R 1 (b) c)" + behind:  "8150",
		"42 ()" + behind:              "8150",
		"42 (k) S 1 2 3":              "",
		"":                            "",
		"no parentheses at all, 1 2 ": "",
	} {
		if got, ok := startTime(stat); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", stat, got, ok, want)
		}
	}
}

func TestParentIsOurs(t *testing.T) {
	p, ok := parent()
	if os.Getppid() <= 1 {
		if ok {
			t.Errorf("init counts as a parent: %+v", p)
		}
		return
	}
	if !ok || p.pid != os.Getppid() || p.start == "" {
		t.Errorf("got %+v, %v", p, ok)
	}
	if again, _ := parent(); again != p {
		t.Errorf("got %+v, then %+v", p, again)
	}
}

// S27: the umask neither opens nor closes what is made.
func TestUmask(t *testing.T) {
	for _, mask := range []int{0, 0o777} {
		w := newWorld(t)
		old := syscall.Umask(mask)
		defer syscall.Umask(old)
		w.call(t)
		if got := w.call(t).Suspect; got != access {
			t.Errorf("umask %#o: suspect %q, want %q", mask, got, access)
		}
		dir := filepath.Join(w.runtime, "credential-idcs")
		if fi, err := os.Lstat(dir); err != nil || fi.Mode().Perm() != 0o700 {
			t.Errorf("umask %#o: folder: got %v, %v", mask, fi, err)
		}
		for name := range w.records(t) {
			if fi, err := os.Lstat(filepath.Join(dir, name)); err != nil || fi.Mode().Perm() != 0o600 {
				t.Errorf("umask %#o: %s: got %v, %v", mask, name, fi, err)
			}
		}
		syscall.Umask(old)
	}
}

// S28: a fifo in the record's place hangs nobody.
func TestFifo(t *testing.T) {
	w := newWorld(t)
	w.call(t)
	for name := range w.records(t) {
		path := filepath.Join(w.runtime, "credential-idcs", name)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.call(t).Suspect; got != "" {
		t.Errorf("suspect %q", got)
	}
	if got := w.call(t).Suspect; got != access {
		t.Errorf("afterwards: suspect %q, want %q", got, access)
	}
}
