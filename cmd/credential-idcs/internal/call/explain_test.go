package call

import (
	"errors"
	"io/fs"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

// A command is there to be typed as it stands, from any folder.
func TestFileMistakesEndWithTheCommandThatMendsThem(t *testing.T) {
	for _, c := range []struct {
		err           config.FileError
		message, mend string
	}{
		{config.FileError{Path: config.Path{Written: "client-key.pem", Full: "/conf/client-key.pem"}, Problem: config.ReadableByOthers, Mode: 0o644, Owner: 1000, Self: 1000},
			"client-key.pem can be read by others (mode 0644)", "chmod 600 /conf/client-key.pem"},
		{config.FileError{Path: config.Path{Written: "~/my keys/k.pem", Full: "/home/ana/my keys/k.pem"}, Problem: config.ReadableByOthers, Mode: 0o640, Owner: 1000, Self: 1000},
			"~/my keys/k.pem can be read by others (mode 0640)", "chmod 600 '/home/ana/my keys/k.pem'"},
		{config.FileError{Path: config.Path{Written: "keys/k.pem", Full: "/conf/keys/k.pem"}, Problem: config.WritableByOthers, Mode: 0o620},
			"keys/k.pem can be written by others (mode 0620)", "chmod 600 /conf/keys/k.pem"},
		{config.FileError{Path: config.Path{Written: "config.toml", Full: "/conf/config.toml"}, Problem: config.WritableByOthers, Mode: 0o664},
			"config.toml can be written by others (mode 0664)", "chmod 644 /conf/config.toml"},
		{config.FileError{Path: config.Path{Written: "k.pem", Full: "/conf/k.pem"}, Problem: config.ForeignOwner, Owner: 1001, Self: 1000, Mode: 0o600},
			"k.pem belongs to another user (uid 1001)", "sudo chown 1000 /conf/k.pem"},
		{config.FileError{Path: config.Path{Written: "k.pem", Full: "/run/k.pem"}, Problem: config.ReadableByOthers, Self: 1000, Mode: 0o644},
			"k.pem can be read by others (mode 0644)", "sudo chown 1000 /run/k.pem && chmod 600 /run/k.pem"},
		{config.FileError{Path: config.Path{Written: "k.pem", Full: "/run/k.pem"}, Problem: config.ReadableByOthers, Self: 1000, Mode: 0o644, ReadOnly: true},
			"k.pem can be read by others (mode 0644) on a read-only mount", "defaultMode: 0400"},
		{config.FileError{Path: config.Path{Written: "k.pem", Full: "/run/k.pem"}, Problem: config.ReadableByOthers, Mode: 0o444, ReadOnly: true},
			"k.pem can be read by others (mode 0444) on a read-only mount", "defaultMode: 0400"},
		{config.FileError{Path: config.Path{Written: "k.pem", Full: "/conf/k.pem"}, Problem: config.Unreadable, Err: &fs.PathError{Op: "open", Path: "/conf/k.pem", Err: fs.ErrNotExist}},
			"k.pem can't be read: file does not exist", "ls -ld /conf/k.pem"},
		{config.FileError{Path: config.Path{Written: "~/k.pem"}, Problem: config.NoHome},
			"~/k.pem can't be found, HOME is not set", "export HOME=/FOLDER"},
	} {
		f := helpers.AsFailure(ExplainConfig(&c.err))
		if runtime.GOOS == "windows" { // internal/text has the commands of both
			c.mend = f.Command
		}
		if f.Message != c.message || f.Command != c.mend || f.Class.Exit() != 5 {
			t.Errorf("got  %q, %q, exit %d\nwant %q, %q, exit 5", f.Message, f.Command, f.Class.Exit(), c.message, c.mend)
		}
	}
}

// A cache folder that can't be used is mended, moved, or looked at.
func TestFolderMistakesEndWithACommand(t *testing.T) {
	for _, c := range []struct {
		err  cache.FolderError
		mend string
	}{
		{cache.FolderError{Problem: "can be changed by others (mode 0777)", Mode: 0o700}, "chmod 700 /cache"},
		{cache.FolderError{Problem: "can't be written", Err: fs.ErrPermission}, "export CREDENTIAL_IDCS_CACHE_DIR=FOLDER"},
		{cache.FolderError{Problem: "has no room for a new token", Full: true, Err: errors.New("no space left on device")}, "df -h /cache && df -i /cache"},
		{cache.FolderError{Problem: "can't be used", Err: &fs.PathError{Op: "open", Path: "/cache", Err: errors.New("input/output error")}}, "ls -ld /cache"},
		{cache.FolderError{Problem: "can't be used", Err: &fs.PathError{Op: "open", Path: "/cache", Err: syscall.ENOTDIR}}, "export CREDENTIAL_IDCS_CACHE_DIR=FOLDER"},
		{cache.FolderError{Problem: "has no room for a new token", Full: true, Err: syscall.EFBIG}, "ulimit -f unlimited"},
		{cache.FolderError{Problem: "can't be read", Err: &fs.PathError{Op: "open", Path: "/cache", Err: syscall.EMFILE}}, "ulimit -n 1024"},
		{cache.FolderError{Problem: "belongs to another user"}, "ls -ld /cache"},
		{cache.FolderError{Problem: "can't be locked", Err: syscall.ENOLCK}, "export CREDENTIAL_IDCS_CACHE_DIR=FOLDER"},
		{cache.FolderError{Problem: "can't be locked", Err: syscall.EISDIR}, "ls -ld /cache"},
	} {
		c.err.Path = "/cache"
		f := Explain("work", &c.err)
		if runtime.GOOS == "windows" { // internal/text has the commands of both
			c.mend = f.Command
		}
		if f.Command != c.mend || f.Command == "" || f.Class.Exit() != 1 {
			t.Errorf("%s: %q, exit %d; want %q, exit 1", f.Message, f.Command, f.Class.Exit(), c.mend)
		}
	}
}

// A profile may have any name that can be seen; a shell must read it as one word, and as no command.
func TestCommandsQuoteTheProfile(t *testing.T) {
	for name, words := range map[string]struct{ posix, windows string }{
		"work":       {"work", "work"},
		"my work":    {"'my work'", `"my work"`},
		"$(reboot)":  {"'$(reboot)'", "'$(reboot)'"},
		"ana's; ls":  {`'ana'\''s; ls'`, `"ana's; ls"`},
		"ünterwegs*": {"'ünterwegs*'", `"ünterwegs*"`},
	} {
		want := "credential-idcs login " + words.posix
		if runtime.GOOS == "windows" {
			want = "credential-idcs login " + words.windows
		}
		f := Explain(name, cache.ErrNothing)
		if f.Command != want || f.Class != helpers.LoginNeeded || !errors.Is(f, cache.ErrNothing) {
			t.Errorf("%q: %q of class %d, want %q", name, f.Command, f.Class, want)
		}
		if !strings.HasPrefix(f.Lines(), "credential-idcs: profile "+name+": login needed, nothing is stored yet\n\t") {
			t.Errorf("%q: %q", name, f.Lines())
		}
	}
}
