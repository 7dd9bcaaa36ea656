//go:build linux

package release

import (
	"debug/elf"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// The controller's image for both kinds of processors: the same bytes twice, read by skopeo, and its program
// starts in the image's own files as its user. No container can be run where these tests run.
func (w *works) image(t *testing.T, clone, amd64 string) {
	for _, tool := range []string{"crane", "skopeo"} {
		need.Tool(t, tool)
	}
	// A small one stands for the controller wherever that isn't looked at: packing it takes seconds. For arm64 it isn't
	// there, as its compilation takes minutes and is .ci/run's.
	hello := map[string]string{}
	for _, arch := range []string{"amd64", "arm64"} {
		hello[arch] = filepath.Join(t.TempDir(), "controller")
		w.run(root, "env", "CGO_ENABLED=0", "GOARCH="+arch, "GOFLAGS=-buildvcs=false", "go", "build", "-o", hello[arch], "./bench/hello")
	}
	arm64 := hello["arm64"]
	folder := t.TempDir()
	layout := filepath.Join(folder, "image")
	of := func(amd64, base, out, umask string) (string, error) {
		return w.try(clone, "sh", "-c", `umask "$0" && exec .ci/release-image "$@"`, umask, version, base, out, amd64, arm64)
	}
	make := func(base, out, umask string) (string, error) { return of(hello["amd64"], base, out, umask) }
	if said, err := of(amd64, "scratch", layout, "022"); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	small := filepath.Join(folder, "small")
	digest, err := make("scratch", small, "022")
	if err != nil {
		t.Fatalf("%v\n%s", err, digest)
	}
	if again, err := make("scratch", filepath.Join(folder, "again"), "077"); err != nil || again != digest || !strings.HasPrefix(digest, "sha256:") {
		t.Errorf("%v: made twice it is %s and %s", err, digest, again)
	}
	for _, moving := range []string{"", "gcr.io/distroless/static-debian13:nonroot", "gcr.io/distroless/static-debian13@sha256:" + strings.Repeat("x", 64)} {
		if said, err := make(moving, filepath.Join(folder, "none"), "022"); err == nil || !strings.Contains(said, "must be named by its digest") {
			t.Errorf("on %q: %v\n%s", moving, err, said)
		}
	}
	w.onBase(t, small, strings.TrimSpace(digest), make)

	commit := strings.TrimSpace(w.run(clone, "git", "rev-parse", "HEAD"))
	programs := map[string]string{"amd64": amd64, "arm64": arm64}
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		var config struct {
			Architecture, OS string
			Config           struct {
				User       string
				Entrypoint []string
				Labels     map[string]string
			}
		}
		out := w.run(folder, "skopeo", "inspect", "--override-os", "linux", "--override-arch", arch, "--config", "--raw", "oci:"+layout)
		if err := json.Unmarshal([]byte(out), &config); err != nil {
			t.Fatal(err)
		}
		if c := config.Config; config.Architecture != arch || c.User != "65532:65532" || strings.Join(c.Entrypoint, " ") != "/usr/bin/credential-idcs-controller" ||
			c.Labels["org.opencontainers.image.version"] != version || c.Labels["org.opencontainers.image.revision"] != commit ||
			c.Labels["org.opencontainers.image.source"] != "https://github.com/credential-idcs/credential-idcs" || c.Labels["org.opencontainers.image.licenses"] != "Apache-2.0" {
			t.Errorf("%s: %s", arch, out)
		}
		files := filepath.Join(folder, arch)
		w.unpack(t, layout, arch, files)
		w.run(files, "cmp", "usr/bin/credential-idcs-controller", programs[arch])
		program, err := elf.Open(filepath.Join(files, "usr/bin/credential-idcs-controller"))
		if err != nil {
			t.Fatal(err)
		}
		_ = program.Close() // only read
		if program.Machine != machine {
			t.Errorf("the program for %s is for %v", arch, program.Machine)
		}
		for path, mode := range map[string]os.FileMode{"usr/bin/credential-idcs-controller": 0o755, "etc/passwd": 0o644, "etc/ssl/certs/ca-certificates.crt": 0o644, "tmp": os.ModeDir | os.ModeSticky | 0o777} {
			if st, err := os.Stat(filepath.Join(files, path)); err != nil || st.Mode() != mode {
				t.Errorf("%s: %v, %v", path, st, err)
			}
		}
	}

	// Root becomes the image's user; who isn't root has a namespace of their own, and is root there.
	start := []string{"chroot", "--userspec=65532:65532", filepath.Join(folder, "amd64")}
	if os.Geteuid() != 0 {
		start = asRoot(t, "chroot", filepath.Join(folder, "amd64"))
	} else if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	said, err := w.try(folder, append(append([]string{"env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, start...), "/usr/bin/credential-idcs-controller", "run", "--config", "/etc/credential-idcs/config.toml")...)
	if err == nil || !strings.Contains(said, "there is no configuration file /etc/credential-idcs/config.toml") {
		t.Errorf("in its image: %v\n%s", err, said)
	}
}

// unpack unpacks what an image of a layout consists of.
func (w *works) unpack(t *testing.T, layout, arch, into string) {
	t.Helper()
	var manifest struct {
		Layers []struct{ Digest string }
	}
	single := into + ".oci"
	w.run(layout, "skopeo", "copy", "--quiet", "--override-os", "linux", "--override-arch", arch, "oci:"+layout, "oci:"+single)
	out := w.run(layout, "skopeo", "inspect", "--raw", "oci:"+single)
	if err := json.Unmarshal([]byte(out), &manifest); err != nil || len(manifest.Layers) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Mkdir(into, 0o755); err != nil {
		t.Fatal(err)
	}
	w.run(into, "tar", "-xpzf", filepath.Join(single, "blobs", strings.Replace(manifest.Layers[0].Digest, ":", "/", 1)))
}
