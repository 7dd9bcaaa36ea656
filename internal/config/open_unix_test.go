//go:build unix

package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A stat is a file of any owner and mode, which a test can't make without being root.
type stat struct {
	uid  uint32
	perm fs.FileMode
}

func (s stat) Name() string       { return "" }
func (s stat) Size() int64        { return 0 }
func (s stat) Mode() fs.FileMode  { return s.perm }
func (s stat) ModTime() time.Time { return time.Time{} }
func (s stat) IsDir() bool        { return false }
func (s stat) Sys() any           { return &syscall.Stat_t{Uid: s.uid} }

func TestWhoseFilesAreBelieved(t *testing.T) {
	const pass = Problem(-1)
	for _, c := range []struct {
		uid            uint32
		perm           fs.FileMode
		secret, public Problem
	}{
		{1000, 0o600, pass, pass},
		{1000, 0o400, pass, pass},
		{1000, 0o644, ReadableByOthers, pass},
		{1000, 0o640, ReadableByOthers, pass},
		{1000, 0o604, ReadableByOthers, pass},
		{1000, 0o620, WritableByOthers, WritableByOthers},
		{1000, 0o602, WritableByOthers, WritableByOthers},
		{1000, 0o664, ReadableByOthers, WritableByOthers},
		{1000, 0o440, ReadableByOthers, pass},
		{0, 0o600, pass, pass},
		{0, 0o440, pass, pass}, // a mounted secret
		{0, 0o400, pass, pass},
		{0, 0o444, ReadableByOthers, pass},
		{0, 0o640, ReadableByOthers, pass},
		{0, 0o666, ReadableByOthers, WritableByOthers},
		{1001, 0o600, ForeignOwner, ForeignOwner},
		{1001, 0o644, ForeignOwner, ForeignOwner},
	} {
		for r, want := range map[rule]Problem{secretRule: c.secret, publicRule: c.public} {
			got := pass
			if e := judge(stat{c.uid, c.perm}, r, 1000); e != nil {
				got = e.Problem
			}
			if got != want {
				t.Errorf("uid %d, mode %04o, rule %d: %d, want %d", c.uid, c.perm, r, got, want)
			}
		}
	}
}

func TestFilesAreJudgedOpened(t *testing.T) {
	folder := t.TempDir()
	at := func(name string) Path { return Path{Written: name, Full: filepath.Join(folder, name)} }
	write := func(name string, size int, mode fs.FileMode) Path {
		p := at(name)
		if err := os.WriteFile(p.Full, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(p.Full, mode); err != nil {
			t.Fatal(err)
		}
		return p
	}
	key := write("client-key.pem", 5, 0o600)
	open := write("open.pem", 5, 0o644)
	for _, link := range [][2]string{{"client-key.pem", "link"}, {"open.pem", "open-link"}} {
		if err := os.Symlink(link[0], at(link[1]).Full); err != nil {
			t.Fatal(err)
		}
	}
	// Nobody ever writes into it: a read that waits for a writer would not come back.
	if err := syscall.Mkfifo(at("fifo").Full, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path Path
		want string // the message; empty: it is read
	}{
		{key, ""},
		{at("link"), ""},
		{open, "open.pem can be read by others (mode 0644)"},
		{at("open-link"), "open-link can be read by others (mode 0644)"},
		{write("shared.pem", 5, 0o620), "shared.pem can be written by others (mode 0620)"},
		{write("full", maxSize, 0o600), ""},
		{write("big", maxSize+1, 0o600), "big is larger than 1 MiB"},
		{at("fifo"), "fifo is not a regular file"},
		{Path{Written: ".", Full: folder}, ". is not a regular file"},
		{at("none"), "none can't be read: no such file or directory"},
	} {
		_, err := ReadSecret(c.path)
		var e *FileError
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.path.Written, err)
		case c.want != "" && (!errors.As(err, &e) || err.Error() != c.want):
			t.Errorf("%s: got %v, want %s", c.path.Written, err, c.want)
		}
	}
	if _, err := ReadPublic(open); err != nil {
		t.Errorf("a certificate may be read by all: %v", err)
	}
	if _, err := ReadPublic(at("none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}

func TestConfigurationOfOthersIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[fs.FileMode]string{
		0o644: "", // others may read it: it has no secret
		0o664: "config.toml can be written by others (mode 0664)",
		0o602: "config.toml can be written by others (mode 0602)",
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path, "")
		if got := errorText(err); got != want {
			t.Errorf("mode %04o: got %q, want %q", mode, got, want)
		}
	}
}
