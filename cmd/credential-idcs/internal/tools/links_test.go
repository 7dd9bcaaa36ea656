package tools

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// links are all links in the home folder.
func links(h *tooltest.Home) (list []string) {
	_ = filepath.WalkDir(h.Dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type()&os.ModeSymlink != 0 {
			list = append(list, strings.TrimPrefix(path, h.Dir))
		}
		return nil
	})
	return list
}

// Dotfiles that are links stay links, and modes stay modes; a dry run writes nothing.
func TestToolsFollowLinksAndKeepModes(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	for _, c := range toolCases {
		h := tooltest.New(t)
		h.Write("dotfiles/file", "# mine\n")
		if err := os.Chmod(h.Path("dotfiles/file"), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(h.Path(c.file)), 0o755); err != nil {
			t.Fatal(err)
		}
		need.Symlink(t, h.Path("dotfiles/file"), h.Path(c.file))
		p, err := plan(t, h, c.tool, request(t, "https://git.example.com"))
		if err != nil || !strings.Contains(p.Diff(), "+"+c.has) && c.tool != "cargo" || h.Read("dotfiles/file") != "# mine\n" {
			t.Errorf("%s: %v\n%s", c.tool, err, p.Diff())
		}
		tooltest.Must(t, p, err)
		fi, err := os.Stat(h.Path("dotfiles/file"))
		if err != nil || fi.Mode().Perm() != 0o640 || !strings.Contains(h.Read("dotfiles/file"), c.has) {
			t.Errorf("%s: %v, %v", c.tool, fi.Mode(), err)
		}
		if to, err := os.Readlink(h.Path(c.file)); err != nil || to != h.Path("dotfiles/file") {
			t.Errorf("%s: %s, %v", c.tool, to, err)
		}
	}
}

// The link goes where another program's is only if the person says so; what is no link never goes.
func TestLinkReplacesNoStranger(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	h := tooltest.New(t)
	link := h.Path(".terraform.d/plugins/terraform-credentials-idcs")
	in := request(t, "https://git.example.com")
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		t.Fatal(err)
	}
	need.Symlink(t, "/bin/other", link)
	if _, err := plan(t, h, "terraform", in); err == nil || !strings.Contains(err.Error(), "is a link to another program: /bin/other") {
		t.Errorf("got %v", err)
	}
	in.Overwrite = true
	p, err := plan(t, h, "terraform", in)
	if !strings.Contains(p.Diff(), "-a link to /bin/other\n+a link to "+h.Env.Program+"\n") {
		t.Errorf("got %s", p.Diff())
	}
	tooltest.Must(t, p, err)
	if to, err := os.Readlink(link); to != h.Env.Program {
		t.Errorf("got %s, %v", to, err)
	}
	_ = os.Remove(link)
	h.Write(".terraform.d/plugins/terraform-credentials-idcs", "a program")
	if _, err := plan(t, h, "terraform", in); err == nil || !strings.Contains(err.Error(), "is there and is no link") {
		t.Errorf("got %v", err)
	}
	if p, err := undo(t, h, "terraform", in); err != nil || strings.Contains(p.Diff(), "plugins") {
		t.Errorf("%v\n%s", err, p.Diff())
	}
}

// A link that somebody changed after the plan was made is left as it is now.
func TestLinkThatChangedMeanwhileIsLeft(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	h := tooltest.New(t)
	link := h.Path(".terraform.d/plugins/terraform-credentials-idcs")
	p, err := plan(t, h, "terraform", request(t, "https://git.example.com"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		t.Fatal(err)
	}
	need.Symlink(t, "/bin/other", link)
	if err := p.Apply(); err == nil || !strings.Contains(err.Error(), "was changed by another program meanwhile") {
		t.Errorf("got %v", err)
	}
	if to, _ := os.Readlink(link); to != "/bin/other" {
		t.Errorf("it leads to %s", to)
	}
}
