package tools

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// The files of some tools, for what they have in common.
var files = []struct{ name, file, before, url string }{
	{"git", ".gitconfig", "[user]\n\tname = Ana\n", "https://git.example.com"},
	{"docker", ".docker/config.json", "{\n\t\"auths\": {}\n}", "https://r.example.com"},
	{"podman", ".config/containers/auth.json", "{\n\t\"auths\": {}\n}", "https://r.example.com"},
	{"kubectl", ".kube/config", "users:\n- name: a\n", "https://k8s.example.com"},
}

// A fixture is one of them, set up in a home.
type fixture struct{ name, file, before, url string }

func (c fixture) configure(t *testing.T, h *tooltest.Home) (tool.Plan, error) {
	return plan(t, h, c.name, tool.Request{Profile: "work", Targets: tooltest.Targets(t, c.url), Domain: "https://idcs-1.identity.oraclecloud.com", ClientID: "abc"})
}

func (c fixture) undo(t *testing.T, h *tooltest.Home) (tool.Plan, error) {
	return undo(t, h, c.name, tool.Request{Profile: "work", Targets: tooltest.Targets(t, c.url)})
}

func eachTool(t *testing.T, f func(t *testing.T, c fixture, h *tooltest.Home)) {
	for _, c := range files {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "git" {
				tooltest.NeedTool(t, "git")
			}
			f(t, fixture(c), tooltest.New(t))
		})
	}
}

func TestAFileThatChangedMeanwhileStays(t *testing.T) {
	eachTool(t, func(t *testing.T, c fixture, h *tooltest.Home) {
		h.Write(c.file, c.before)
		p, err := c.configure(t, h)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(c.file, "theirs")
		want := h.Path(c.file) + " was changed by another program meanwhile; nothing was written, run it again\n"
		if got := tooltest.Refusal(t, p.Apply()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := h.Read(c.file); got != "theirs" {
			t.Errorf("their edit is lost: %q", got)
		}
		if got := tooltest.Beside(t, h.Path(c.file)); len(got) != 1 {
			t.Errorf("left behind: %q", got)
		}
	})
}

func TestAFileThatAppearedMeanwhileStays(t *testing.T) {
	eachTool(t, func(t *testing.T, c fixture, h *tooltest.Home) {
		p, err := c.configure(t, h)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(c.file, "theirs")
		if got := tooltest.Refusal(t, p.Apply()); !strings.Contains(got, "was changed by another program") {
			t.Errorf("got %q", got)
		}
		if got := h.Read(c.file); got != "theirs" {
			t.Errorf("their file is lost: %q", got)
		}
	})
}

func TestLinksAndModesStay(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	eachTool(t, func(t *testing.T, c fixture, h *tooltest.Home) {
		h.Write("dotfiles/real", c.before)
		if err := os.Chmod(h.Path("dotfiles/real"), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(h.Path(c.file)), 0o755); err != nil {
			t.Fatal(err)
		}
		// A link to a link, one of them relative.
		if err := os.Symlink("real", h.Path("dotfiles/link")); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(h.Path("dotfiles/link"), h.Path(c.file)); err != nil {
			t.Fatal(err)
		}
		p, err := c.configure(t, h)
		tooltest.Must(t, p, err)
		if got := h.Read("dotfiles/real"); !strings.Contains(got, "idcs") {
			t.Errorf("the file behind the link has %q", got)
		}
		p, err = c.undo(t, h)
		tooltest.Must(t, p, err)
		for _, l := range []string{c.file, "dotfiles/link"} {
			if fi, err := os.Lstat(h.Path(l)); err != nil || fi.Mode()&os.ModeSymlink == 0 {
				t.Errorf("%s is no link any more: %v", l, err)
			}
		}
		fi, err := os.Stat(h.Path("dotfiles/real"))
		if err != nil || fi.Mode().Perm() != 0o640 {
			t.Errorf("mode: got %v, %v", fi.Mode(), err)
		}
		if got := h.Read("dotfiles/real"); got != c.before {
			t.Errorf("got %q, want %q", got, c.before)
		}
	})
}

// A link that leads nowhere yet is a dotfile that hasn't been written.
func TestALinkToNothingStaysALink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	eachTool(t, func(t *testing.T, c fixture, h *tooltest.Home) {
		if err := os.MkdirAll(filepath.Dir(h.Path(c.file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(h.Path("dotfiles/real"), h.Path(c.file)); err != nil {
			t.Fatal(err)
		}
		p, err := c.configure(t, h)
		tooltest.Must(t, p, err)
		if fi, err := os.Lstat(h.Path("dotfiles/real")); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("the file behind the link: %v, %v", fi, err)
		}
		if fi, err := os.Lstat(h.Path(c.file)); err != nil || fi.Mode()&os.ModeSymlink == 0 {
			t.Errorf("it is no link any more: %v", err)
		}
	})
}

func TestOnlyRegularFiles(t *testing.T) {
	eachTool(t, func(t *testing.T, c fixture, h *tooltest.Home) {
		if err := os.MkdirAll(h.Path(c.file), 0o755); err != nil {
			t.Fatal(err)
		}
		_, err := c.configure(t, h)
		if got, want := tooltest.Refusal(t, err), "can't read "+h.Path(c.file)+": it is not a regular file\n"; !strings.HasSuffix(got, want) && !strings.HasPrefix(got, "git config failed") {
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
	h := tooltest.New(t)
	name := strings.Repeat("n", 255)
	if os.Geteuid() != 0 {
		name = "name"
	}
	h.Write("ro/"+name, "{}")
	if err := os.Chmod(h.Path("ro"), 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(h.Path("ro"), 0o755) })
	h.Env.Vars = append(h.Env.Vars, "REGISTRY_AUTH_FILE="+h.Path("ro/"+name))
	p, err := plan(t, h, "podman", request(t, "https://r.example.com"))
	if err != nil {
		t.Fatal(err)
	}
	if got := tooltest.Refusal(t, p.Apply()); !strings.HasPrefix(got, "can't write "+h.Dir) {
		t.Errorf("got %q", got)
	}
	if got := h.Read("ro/" + name); got != "{}" {
		t.Errorf("got %q", got)
	}
	if got := tooltest.Beside(t, h.Path("ro/"+name)); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

// git and kubectl lock their files by a file beside them, git beside what a link leads to.
func TestLocksOfOthersAreRespected(t *testing.T) {
	for _, name := range []string{"git", "kubectl"} {
		t.Run(name, func(t *testing.T) {
			if name == "git" {
				tooltest.NeedTool(t, "git")
			}
			h := tooltest.New(t)
			c := fixture(files[slices.IndexFunc(files, func(f struct{ name, file, before, url string }) bool { return f.name == name })])
			h.Write(c.file, c.before)
			h.Write(c.file+".lock", "")
			p, err := c.configure(t, h)
			if err != nil {
				t.Fatal(err)
			}
			lock := h.Path(c.file + ".lock")
			want := lock + " exists: another program is editing that file, or died while it did\n\t" + text.Remove(lock) + "\n"
			if got := tooltest.Refusal(t, p.Apply()); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if got := h.Read(c.file); got != c.before {
				t.Errorf("got %q", got)
			}
			if err := os.Remove(lock); err != nil { // the other's lock was left alone
				t.Fatal(err)
			}
			tooltest.Must(t, p, nil)
			if edit.Exists(lock) {
				t.Error("our lock stayed")
			}
		})
	}
}

func TestNoHomeIsAnError(t *testing.T) {
	eachTool(t, func(t *testing.T, c fixture, h *tooltest.Home) {
		h.Env.Home = ""
		h.Env.Vars = append(h.Env.Vars, "HOME=") // on Windows some tools look there
		_, err := c.configure(t, h)
		if f := tooltest.Failure(t, err); f.Class != helpers.Config {
			t.Errorf("got %v", f)
		}
	})
}
