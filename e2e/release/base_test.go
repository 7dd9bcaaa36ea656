//go:build linux

package release

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
)

// onBase makes the image on a base of a real registry, as a release does on distroless, which can't be had here:
// the base is the image that was made onto nothing, for both platforms.
func (w *works) onBase(t *testing.T, base, digest string, make func(base, out, umask string) (string, error)) {
	need.Tool(t, "docker-registry")
	images, stop, err := servers.Open(t.Context(), "registry.example.com", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	registry := httptest.NewServer(images)
	t.Cleanup(func() {
		registry.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	name := strings.TrimPrefix(registry.URL, "http://") + "/distroless/static"
	// As the release pushes it: whoever has the notes' digest must find it.
	if pushed, err := exec.CommandContext(t.Context(), "crane", "push", base, name+":nonroot").Output(); err != nil || string(pushed) != name+"@"+digest+"\n" {
		t.Fatalf("pushed is %q, not %s: %v", pushed, digest, err)
	}
	alone := strings.TrimSpace(w.run(base, "crane", "digest", "--platform", "linux/amd64", name+"@"+digest))

	folder := t.TempDir()
	layout := filepath.Join(folder, "image")
	made, err := make(name+":nonroot@"+digest, layout, "022")
	if err != nil {
		t.Fatalf("%v\n%s", err, made)
	}
	layers := func(layout, arch string) []string {
		t.Helper()
		out := w.run(folder, "skopeo", "inspect", "--override-os", "linux", "--override-arch", arch, "oci:"+layout)
		var all struct{ Layers []string }
		if err := json.Unmarshal([]byte(out), &all); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return all.Layers
	}
	for _, arch := range []string{"amd64", "arm64"} {
		if below, all := layers(base, arch), layers(layout, arch); len(below) != 1 || len(all) != 2 || all[0] != below[0] {
			t.Errorf("%s: %q is not on %q", arch, all, below)
		}
	}

	// What a release must not be made on.
	for base, says := range map[string]string{
		name + ":nonroot":                           "must be named by its digest",
		name + "@" + alone:                          "the base has no linux/arm64",
		name + "@sha256:" + strings.Repeat("0", 64): "the base has no linux/amd64",
	} {
		if said, err := make(base, filepath.Join(folder, "none"), "022"); err == nil || !strings.Contains(said, says) {
			t.Errorf("on %s: %v\n%s", base, err, said)
		}
	}
	w.signed(t, name+":nonroot", digest)
	w.pushed(t, strings.TrimPrefix(registry.URL, "http://"), layout, made)
}

// pushed runs the step of release.yml that pushes the image, at a registry of our own: what lies there is, by its
// digest, what was built.
func (w *works) pushed(t *testing.T, registry, layout, digest string) {
	t.Helper()
	script := regexp.MustCompile(`(?m)^go install .*$`).ReplaceAllString(step(t, "image"), "") // it is on PATH here
	folder, name := t.TempDir(), registry+"/owner/controller"
	if err := os.Mkdir(filepath.Join(folder, "built"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(layout, filepath.Join(folder, "built/image")); err != nil {
		t.Fatal(err)
	}
	w.write(filepath.Join(folder, "built/image.digest"), digest)
	push := func() (string, error) {
		return w.try(folder, "env", "HOME="+folder, "GITHUB_ACTOR=ana", "GH_TOKEN=s3cret", "GITHUB_REF_NAME=v"+version, "GITHUB_OUTPUT="+filepath.Join(folder, "output"),
			"IMAGE="+name, need.Tool(t, "bash"), "-e", "-c", strings.ReplaceAll(script, "ghcr.io", registry))
	}
	if said, err := push(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	digest = strings.TrimSpace(digest)
	if got := strings.TrimSpace(w.run(folder, "crane", "digest", name+":"+version)); got != digest {
		t.Errorf("%s was pushed, not %s", got, digest)
	}
	if got, want := read(t, filepath.Join(folder, "output")), "name="+name+"\ndigest="+digest+"\n"; got != want {
		t.Errorf("the next steps get %q, want %q", got, want)
	}
	// The step that attests it finds the login there.
	if login := read(t, filepath.Join(folder, ".docker/config.json")); !strings.Contains(login, registry) {
		t.Errorf("no login for %s in %s", registry, login)
	}

	// Run again it does the same, but what has another digest stays.
	if said, err := push(); err != nil {
		t.Errorf("again: %v\n%s", err, said)
	}
	other := strings.TrimSpace(w.run(folder, "crane", "digest", "--platform", "linux/amd64", name+":"+version))
	w.run(folder, "crane", "tag", name+"@"+other, version)
	if said, err := push(); err == nil || !strings.Contains(said, name+":"+version+" is there already, as "+other) {
		t.Errorf("over another image: %v\n%s", err, said)
	}
	if got := strings.TrimSpace(w.run(folder, "crane", "digest", name+":"+version)); got != other {
		t.Errorf("another image was replaced by %s", got)
	}
}

// signed checks what is asked of cosign, and that its answer counts. The log of signatures can't be reached from
// here, so a script that has verified some digests answers in cosign's place.
func (w *works) signed(t *testing.T, tag, digest string) {
	t.Helper()
	folder := t.TempDir()
	older, nobodys := "sha256:"+strings.Repeat("1", 64), "sha256:"+strings.Repeat("2", 64)
	verified := func(digests ...string) {
		t.Helper()
		script := `#!/bin/sh
[ "$1 $2 $3 $4 $5" = "verify --certificate-oidc-issuer https://accounts.google.com --certificate-identity keyless@distroless.iam.gserviceaccount.com" ] || exit 2
case $6 in *@` + strings.Join(digests, "|*@") + `) exit 0 ;; esac
exit 1
`
		if err := os.WriteFile(filepath.Join(folder, "cosign"), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	check := func(args ...string) (string, error) {
		return w.try(root, append([]string{"env", "PATH=" + folder + ":" + os.Getenv("PATH"), ".ci/release-base"}, args...)...)
	}
	for _, c := range []struct {
		verified []string
		args     []string
		says     string // "": it succeeds
	}{
		{[]string{digest}, []string{tag + "@" + digest}, ""},
		{[]string{digest}, []string{"--newest", tag + "@" + digest}, ""},
		{[]string{digest, older}, []string{tag + "@" + older}, ""},
		{[]string{digest}, []string{tag + "@" + nobodys}, "no signature of distroless could be verified for " + tag + "@" + nobodys},
		{[]string{digest, older}, []string{"--newest", tag + "@" + older}, "\timage_base=" + tag + "@" + digest + "\n"},
		{[]string{older}, []string{"--newest", tag + "@" + older}, "could be verified for " + tag + "@" + digest + ", which the tag names now"},
		{[]string{digest}, []string{tag}, "usage: "},
		{[]string{digest}, []string{""}, "usage: "},
	} {
		verified(c.verified...)
		if said, err := check(c.args...); (err == nil) != (c.says == "") || !strings.Contains(said, c.says) {
			t.Errorf("%q: %v\n%s", c.args, err, said)
		}
	}
}
