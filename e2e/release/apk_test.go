//go:build linux

package release

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
)

// Alpine's package. No apk is to be had where the tests run, so what it checks before it installs is checked here:
// the digest of the second part, which stands in the first, and each file's own. Unpacked, everything is in its place.
//
// https://wiki.alpinelinux.org/wiki/Apk_spec
func (w *works) apk(t *testing.T, now string) {
	all := []byte(read(t, now))
	rest := bytes.NewReader(all)
	control := part(t, rest)
	data := all[len(all)-rest.Len():]
	files := part(t, rest)
	if rest.Len() != 0 {
		t.Errorf("%d bytes follow the second part", rest.Len())
	}

	info := ""
	for name, f := range control {
		if name == ".PKGINFO" {
			info = f.content
		} else { // .pre-install and its like
			t.Errorf("the package runs %s", name)
		}
	}
	for _, line := range []string{
		"pkgname = credential-idcs", "pkgver = " + version, "arch = x86_64", "license = Apache-2.0",
		fmt.Sprintf("datahash = %x", sha256.Sum256(data)),
	} {
		if !strings.Contains(info, line+"\n") {
			t.Errorf("no %q in\n%s", line, info)
		}
	}
	for line := range strings.Lines(info) {
		if !regexp.MustCompile(`^(# .*|[a-z_]+ = .*)\n$`).MatchString(line) {
			t.Errorf("%q is no field", line)
		}
	}
	if depends := regexp.MustCompile(`(?m)^depend = .*`).FindString(info); depends != "" {
		t.Errorf("it needs something: %s", depends)
	}
	for name, f := range files {
		if f.Typeflag == tar.TypeSymlink { // goreleaser gives a link no mode and the checksum of nothing, which apk doesn't look at
			continue
		}
		if f.Uname != "root" || f.Gname != "root" || f.Mode&0o22 != 0 {
			t.Errorf("%s is %s's, mode %o", name, f.Uname, f.Mode)
		}
		if got, want := f.PAXRecords["APK-TOOLS.checksum.SHA1"], fmt.Sprintf("%x", sha1.Sum([]byte(f.content))); f.Typeflag != tar.TypeDir && got != want {
			t.Errorf("the checksum of %s is %q, not %s", name, got, want)
		}
	}

	folder := t.TempDir()
	w.run(folder, "tar", "--no-same-owner", "--warning=no-unknown-keyword", "-xzf", now)
	w.installed(t, folder, version, "usr/share/zsh/site-functions")
}

// A packed is one file of an archive.
type packed struct {
	*tar.Header
	content string
}

// part reads one of the compressed archives that an apk consists of. Only the last has an end.
func part(t *testing.T, from *bytes.Reader) map[string]packed {
	t.Helper()
	z, err := gzip.NewReader(from)
	if err != nil {
		t.Fatal(err)
	}
	z.Multistream(false)
	files := map[string]packed{}
	archive := tar.NewReader(z)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = packed{h, string(content)}
	}
	if _, err := io.Copy(io.Discard, z); err != nil {
		t.Fatal(err)
	}
	return files
}
