package configure

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/helpers"
)

func failure(t *testing.T, err error) *helpers.Failure {
	t.Helper()
	var f *helpers.Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a *helpers.Failure", err)
	}
	return f
}

// A tool is one of the four, for what they have in common.
type tool struct {
	file            string
	before          string
	configure, undo func(t *testing.T, h *home) (Plan, error)
}

var tools = map[string]tool{
	"git": {".gitconfig", "[user]\n\tname = Ana\n",
		func(t *testing.T, h *home) (Plan, error) {
			return Git(t.Context(), h.env, Repository{Targets: targets(t, "https://git.example.com")})
		},
		func(t *testing.T, h *home) (Plan, error) {
			return UndoGit(t.Context(), h.env, Repository{Targets: targets(t, "https://git.example.com")})
		}},
	"docker": {".docker/config.json", "{\n\t\"auths\": {}\n}",
		func(t *testing.T, h *home) (Plan, error) {
			return Docker(h.env, registriesOf(t, "https://r.example.com"))
		},
		func(t *testing.T, h *home) (Plan, error) {
			return UndoDocker(h.env, registriesOf(t, "https://r.example.com"))
		}},
	"podman": {".config/containers/auth.json", "{\n\t\"auths\": {}\n}",
		func(t *testing.T, h *home) (Plan, error) {
			return Podman(h.env, registriesOf(t, "https://r.example.com"))
		},
		func(t *testing.T, h *home) (Plan, error) {
			return UndoPodman(h.env, registriesOf(t, "https://r.example.com"))
		}},
	"kubectl": {".kube/config", "users:\n- name: a\n",
		func(t *testing.T, h *home) (Plan, error) { return Kubectl(h.env, cluster()) },
		func(t *testing.T, h *home) (Plan, error) { return UndoKubectl(h.env, cluster()) }},
}

func eachTool(t *testing.T, f func(t *testing.T, c tool, h *home)) {
	for name, c := range tools {
		t.Run(name, func(t *testing.T) {
			if name == "git" {
				needTool(t, "git")
			}
			f(t, c, newHome(t))
		})
	}
}

// beside are the files in the folder of a tool's file: nothing temporary may stay there.
func beside(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			out = append(out, e.Name())
		}
	}
	return out
}

func TestAFileThatChangedMeanwhileStays(t *testing.T) {
	eachTool(t, func(t *testing.T, c tool, h *home) {
		h.write(c.file, c.before)
		p, err := c.configure(t, h)
		if err != nil {
			t.Fatal(err)
		}
		h.write(c.file, "theirs")
		want := h.path(c.file) + " was changed by another program meanwhile; nothing was written, run it again\n"
		if got := refusal(t, p.Apply()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := h.read(c.file); got != "theirs" {
			t.Errorf("their edit is lost: %q", got)
		}
		if got := beside(t, h.path(c.file)); len(got) != 1 {
			t.Errorf("left behind: %q", got)
		}
	})
}

func TestAFileThatAppearedMeanwhileStays(t *testing.T) {
	eachTool(t, func(t *testing.T, c tool, h *home) {
		p, err := c.configure(t, h)
		if err != nil {
			t.Fatal(err)
		}
		h.write(c.file, "theirs")
		if got := refusal(t, p.Apply()); !strings.Contains(got, "was changed by another program") {
			t.Errorf("got %q", got)
		}
		if got := h.read(c.file); got != "theirs" {
			t.Errorf("their file is lost: %q", got)
		}
	})
}

// The name of a new file is taken from nobody, even between the second look and the last step.
func TestANewFileReplacesNone(t *testing.T) {
	dir := t.TempDir()
	temp, path := filepath.Join(dir, "temp"), filepath.Join(dir, "path")
	for _, f := range []string{temp, path} {
		if err := os.WriteFile(f, []byte(f), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := createFrom(temp, path); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != path {
		t.Errorf("got %q", got)
	}
}

func TestLinksAndModesStay(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	eachTool(t, func(t *testing.T, c tool, h *home) {
		h.write("dotfiles/real", c.before)
		if err := os.Chmod(h.path("dotfiles/real"), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(h.path(c.file)), 0o755); err != nil {
			t.Fatal(err)
		}
		// A link to a link, one of them relative.
		if err := os.Symlink("real", h.path("dotfiles/link")); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(h.path("dotfiles/link"), h.path(c.file)); err != nil {
			t.Fatal(err)
		}
		p, err := c.configure(t, h)
		must(t, p, err)
		if got := h.read("dotfiles/real"); !strings.Contains(got, "idcs") {
			t.Errorf("the file behind the link has %q", got)
		}
		p, err = c.undo(t, h)
		must(t, p, err)
		for _, l := range []string{c.file, "dotfiles/link"} {
			if fi, err := os.Lstat(h.path(l)); err != nil || fi.Mode()&os.ModeSymlink == 0 {
				t.Errorf("%s is no link any more: %v", l, err)
			}
		}
		fi, err := os.Stat(h.path("dotfiles/real"))
		if err != nil || fi.Mode().Perm() != 0o640 {
			t.Errorf("mode: got %v, %v", fi.Mode(), err)
		}
		if got := h.read("dotfiles/real"); got != c.before {
			t.Errorf("got %q, want %q", got, c.before)
		}
	})
}

// A link that leads nowhere yet is a dotfile that hasn't been written.
func TestALinkToNothingStaysALink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	eachTool(t, func(t *testing.T, c tool, h *home) {
		if err := os.MkdirAll(filepath.Dir(h.path(c.file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(h.path("dotfiles/real"), h.path(c.file)); err != nil {
			t.Fatal(err)
		}
		p, err := c.configure(t, h)
		must(t, p, err)
		if fi, err := os.Lstat(h.path("dotfiles/real")); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("the file behind the link: %v, %v", fi, err)
		}
		if fi, err := os.Lstat(h.path(c.file)); err != nil || fi.Mode()&os.ModeSymlink == 0 {
			t.Errorf("it is no link any more: %v", err)
		}
	})
}

func TestOnlyRegularFiles(t *testing.T) {
	eachTool(t, func(t *testing.T, c tool, h *home) {
		if err := os.MkdirAll(h.path(c.file), 0o755); err != nil {
			t.Fatal(err)
		}
		_, err := c.configure(t, h)
		if got, want := refusal(t, err), "can't read "+h.path(c.file)+": it is not a regular file\n"; !strings.HasSuffix(got, want) && !strings.HasPrefix(got, "git config failed") {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A file that can't be replaced stays: here because its folder can't be written, and, for root, who
// may write everywhere, because the name of the temporary file is too long for the file system.
func TestAFileThatCantBeReplacedStays(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folders have no modes there")
	}
	h := newHome(t)
	name := strings.Repeat("n", 255)
	if os.Geteuid() != 0 {
		name = "name"
	}
	h.write("ro/"+name, "{}")
	if err := os.Chmod(h.path("ro"), 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(h.path("ro"), 0o755) })
	h.env.Vars = append(h.env.Vars, "REGISTRY_AUTH_FILE="+h.path("ro/"+name))
	p, err := Podman(h.env, registriesOf(t, "https://r.example.com"))
	if err != nil {
		t.Fatal(err)
	}
	if got := refusal(t, p.Apply()); !strings.HasPrefix(got, "can't write "+h.dir) {
		t.Errorf("got %q", got)
	}
	if got := h.read("ro/" + name); got != "{}" {
		t.Errorf("got %q", got)
	}
	if got := beside(t, h.path("ro/"+name)); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

// git and kubectl lock their files by a file beside them, git beside what a link leads to.
func TestLocksOfOthersAreRespected(t *testing.T) {
	for _, name := range []string{"git", "kubectl"} {
		t.Run(name, func(t *testing.T) {
			if name == "git" {
				needTool(t, "git")
			}
			h, c := newHome(t), tools[name]
			h.write(c.file, c.before)
			h.write(c.file+".lock", "")
			p, err := c.configure(t, h)
			if err != nil {
				t.Fatal(err)
			}
			lock := h.path(c.file + ".lock")
			want := lock + " exists: another program is editing that file, or died while it did\n\trm " + lock + "\n"
			if got := refusal(t, p.Apply()); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if got := h.read(c.file); got != c.before {
				t.Errorf("got %q", got)
			}
			if err := os.Remove(lock); err != nil { // the other's lock was left alone
				t.Fatal(err)
			}
			must(t, p, nil)
			if exists(lock) {
				t.Error("our lock stayed")
			}
		})
	}
}

func TestNoHomeIsAnError(t *testing.T) {
	eachTool(t, func(t *testing.T, c tool, h *home) {
		h.env.Home = ""
		_, err := c.configure(t, h)
		if f := failure(t, err); f.Class != helpers.Config {
			t.Errorf("got %v", f)
		}
	})
}

func TestDiff(t *testing.T) {
	number := func(from, to int) string {
		var b strings.Builder
		for i := from; i <= to; i++ {
			b.WriteString(strings.Repeat("x", i) + "\n")
		}
		return b.String()
	}
	for name, c := range map[string]struct{ before, after, want string }{
		"new":        {"", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
		"gone":       {"a\n", "", "@@ -1,1 +0,0 @@\n-a\n"},
		"two hunks":  {number(1, 20), "new\n" + number(1, 19), "@@ -1,3 +1,4 @@\n+new\n x\n xx\n xxx\n@@ -17,4 +18,3 @@\n " + strings.Repeat("x", 17) + "\n " + strings.Repeat("x", 18) + "\n " + strings.Repeat("x", 19) + "\n-" + strings.Repeat("x", 20) + "\n"},
		"no newline": {"a", "a\nb", "@@ -1,1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file\n"},
		"nothing":    {"a\n", "a\n", ""},
		"terminal":   {"\ta\x1b[2J\u202e\r\n", "\ta\x1b[2J\u202e\r\nb\n", "@@ -1,1 +1,2 @@\n \ta?[2J?\r\n+b\n"},
	} {
		if diff := cmp.Diff(c.want, hunks(script(lines([]byte(c.before)), lines([]byte(c.after))), 3)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
