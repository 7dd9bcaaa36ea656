package kubectl

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A process is identified by its number and its start time, since numbers are used again.
type process struct {
	pid   int
	start string // clock ticks since boot, as /proc writes them
}

// A record has, for one question (profile, server, kind of token), which token each of the last parent processes got. It
// is a file in $XDG_RUNTIME_DIR, which is deleted when the person logs out, and has only fingerprints:
//
//	credential-idcs/exec-HEX    PID START FINGERPRINT, a line a parent, the newest first
//
// It has no lock. Two calls at once may lose a line, and so a hint: the token is answered as if there had been no record.
// Errors are ignored for the same reason. A nil record has nothing and stores nothing.
type record struct {
	path   string
	parent process
	lines  []string // what the file had, without the parent's own line
	answer string   // the fingerprint of the parent's last answer
}

// kept is how many lines a file has at most, and how many files the folder has.
const kept = 16

// recordLimit is the largest file in bytes that is read: kept lines need far less.
const recordLimit = 4096

// recall reads the record of a question. It is nil without a runtime folder that is ours and closed to others, and if the
// parent isn't known.
func (a adapter) recall(getenv func(string) string, query helpers.Query) *record {
	dir := getenv("XDG_RUNTIME_DIR")
	if !filepath.IsAbs(dir) || !private(os.Stat(dir)) {
		return nil
	}
	parent, ok := a.parent()
	if !ok {
		return nil
	}
	question := query.Profile + "\x00" + query.Target.String() + "\x00" + strconv.Itoa(int(query.Kind))
	sum := sha256.Sum256([]byte(question))
	r := &record{
		path:   filepath.Join(dir, "credential-idcs", "exec-"+hex.EncodeToString(sum[:8])),
		parent: parent,
	}
	if private(os.Lstat(filepath.Dir(r.path))) {
		r.read()
	}
	return r
}

func (r *record) read() {
	if fi, err := os.Lstat(r.path); err != nil || !fi.Mode().IsRegular() || fi.Size() > recordLimit {
		return
	}
	b, err := os.ReadFile(r.path)
	if err != nil {
		return
	}
	for line := range strings.Lines(string(b)) {
		if answer, mine := strings.CutPrefix(line, r.parent.prefix()); mine {
			r.answer = strings.TrimSpace(answer)
		} else {
			r.lines = append(r.lines, line)
		}
	}
}

func (p process) prefix() string { return strconv.Itoa(p.pid) + " " + p.start + " " }

// last is the fingerprint of the token that the parent got last time; empty: unknown.
func (r *record) last() string {
	if r == nil {
		return ""
	}
	return r.answer
}

// save stores the fingerprint of the answer that is about to be printed.
func (r *record) save(answer secret.Text) {
	if r == nil {
		return
	}
	fingerprint := answer.Fingerprint()
	if r.answer == fingerprint {
		return
	}
	dir := filepath.Dir(r.path)
	if err := os.Mkdir(dir, 0o700); err == nil {
		_ = os.Chmod(dir, 0o700) // independent of the umask
	}
	if !private(os.Lstat(dir)) {
		return
	}
	if _, err := os.Lstat(r.path); err != nil {
		prune(dir, kept-1)
	}
	lines := append([]string{r.parent.prefix() + fingerprint + "\n"}, r.lines...)
	replace(r.path, strings.Join(lines[:min(len(lines), kept)], ""))
}

// replace writes a file that readers see whole or not at all. It isn't synced: it isn't needed after a reboot.
func replace(path, content string) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new") // 0600
	if err != nil {
		return
	}
	_ = f.Chmod(0o600) // independent of the umask
	_, err = f.WriteString(content)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
}

// prune removes all records but the newest n, also those that a killed call left half written.
func prune(dir string, n int) {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) <= n {
		return
	}
	var files []fs.FileInfo
	for _, e := range entries {
		if fi, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), "exec-") && fi.Mode().IsRegular() {
			files = append(files, fi)
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	for _, fi := range files[min(n, len(files)):] {
		_ = os.Remove(filepath.Join(dir, fi.Name()))
	}
}

// private reports whether a folder is ours and closed to others.
func private(fi fs.FileInfo, err error) bool {
	return err == nil && fi.IsDir() && fi.Mode().Perm()&0o077 == 0 && ours(fi)
}
