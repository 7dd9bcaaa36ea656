//go:build unix

package cache

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestADamagedFileIsKeptAside(t *testing.T) {
	whole := frame(encodeToken(sample()))
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
	whole := frame(encodeToken(sample()))
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
	newer := bytes.Replace(frame(encodeToken(sample())), []byte(`"version":1`), []byte(`"version":2`), 1)
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
