package git

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// G25.
func TestGitRefusesWhatComesAfterOurFile(t *testing.T) {
	tooltest.NeedTool(t, "git")
	h := tooltest.New(t)
	h.Git("init", "-q", "repo")
	h.Env.Dir = h.Path("repo")
	h.Git("config", "--local", "credential.helper", "store")
	in := tool.Request{Portable: true, Targets: tooltest.Targets(t, "https://git.example.com")}
	_, err := (Tool{}).Plan(t.Context(), h.Env, in)
	if got, want := tooltest.Refusal(t, err), ".git/config sets credential.helper for https://git.example.com after ours\n"+
		"\tgit config --file .git/config --unset-all credential.helper\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if edit.Exists(h.Path(".gitconfig")) {
		t.Error("the file was written all the same")
	}
	in.Local = true // in that file it can be cured
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if got := h.Fill("https://git.example.com/a"); got != "from-git-credential-idcs" {
		t.Errorf("fill: got %q", got)
	}
	h.Env.Vars = append(h.Env.Vars, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=credential.helper", "GIT_CONFIG_VALUE_0=store")
	_, err = (Tool{}).Plan(t.Context(), h.Env, in)
	if got, want := tooltest.Refusal(t, err), "GIT_CONFIG_COUNT sets credential.helper for https://git.example.com after ours\n\t"+text.Unset("GIT_CONFIG_COUNT")+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestGitRefuses(t *testing.T) {
	tooltest.NeedTool(t, "git")
	for name, c := range map[string]struct{ config, path, want string }{
		"another user":         {"[credential \"https://git.example.com\"]\n\tusername = bob\n", "", "HOME/.gitconfig sets the user name bob for https://git.example.com, but the profile's is ana\n\tgit config --file HOME/.gitconfig --unset-all credential.https://git.example.com.username\n"},
		"another user for all": {"[credential]\n\tusername = bob\n", "", "HOME/.gitconfig sets the user name bob for https://git.example.com, but the profile's is ana\n\tgit config --file HOME/.gitconfig --unset-all credential.username\n"},
		"no helper on PATH":    {"", os.Getenv("PATH"), "git-credential-idcs is not on PATH\n\texport PATH=HOME/bin:\"$PATH\"\n"},
		"a relative PATH":      {"", "bin" + string(filepath.ListSeparator) + os.Getenv("PATH"), "git-credential-idcs is not on PATH\n\texport PATH=HOME/bin:\"$PATH\"\n"},
		"no git configuration": {"[user\n", "", "git config failed: fatal: bad config line 1 in file HOME/.gitconfig\n"},
	} {
		t.Run(name, func(t *testing.T) {
			h := tooltest.New(t)
			h.Write(".gitconfig", c.config)
			if c.path != "" {
				h.Env.Vars = append(h.Env.Vars, "PATH="+c.path)
			}
			_, err := (Tool{}).Plan(t.Context(), h.Env, tool.Request{Portable: true, Targets: tooltest.Targets(t, "https://git.example.com")})
			if got := strings.ReplaceAll(tooltest.Refusal(t, err), h.Dir, "HOME"); got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
			if got := h.Read(".gitconfig"); got != c.config {
				t.Errorf("the file changed: %q", got)
			}
		})
	}
}

// A file that another program makes is not replaced, by root neither: its lines are printed for that one's
// configuration, and git takes them from there.
func TestGitHandsOutTheSectionOfAReadOnlyFile(t *testing.T) {
	tooltest.NeedTool(t, "git")
	for name, link := range map[string]bool{"a link into a store": true, "closed to its owner": false} {
		for _, had := range []string{"[user]\n\tname = Ana\n", "[user]\n\tname = Ana", pair + "[credential]\n\thelper = store\n"} {
			h := tooltest.New(t)
			file := ".gitconfig"
			if link {
				file = "store/gitconfig"
			}
			// make is what home-manager does when its configuration has changed.
			make := func(content string) {
				t.Helper()
				_ = os.Chmod(h.Path("store"), 0o755)
				_ = os.Remove(h.Path(file))
				h.Write(file, content)
				if err := os.Chmod(h.Path(file), 0o444); err != nil {
					t.Fatal(err)
				}
				if link {
					if err := os.Chmod(h.Path("store"), 0o555); err != nil {
						t.Fatal(err)
					}
				}
			}
			make(had)
			if link {
				if err := os.Symlink(h.Path(file), h.Path(".gitconfig")); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = os.Chmod(h.Path("store"), 0o755) })
			}
			in := tool.Request{Portable: true, Targets: tooltest.Targets(t, "https://git.example.com")}
			p, err := (Tool{}).Plan(t.Context(), h.Env, in)
			if p.Print != pair || !strings.Contains(tooltest.Refusal(t, err), "paste the lines into its own configuration") || h.Read(file) != had {
				t.Errorf("%s: got %v, %q", name, err, p.Print)
			}
			make(strings.TrimPrefix(strings.TrimSuffix(had, "\n")+"\n"+p.Print, pair))
			if p, err := (Tool{}).Plan(t.Context(), h.Env, in); err != nil || len(p.Changes) > 0 {
				t.Errorf("%s: with the lines: %v, %s", name, err, p.Diff())
			}
			if report := tooltest.Look(t, h, Tool{}, in.Targets); !strings.Contains(report, "git uses only credential-idcs for https://git.example.com\n") {
				t.Errorf("%s: with the lines:\n%s", name, report)
			}
			undo, err := (Tool{}).Undo(t.Context(), h.Env, in)
			if !strings.Contains(tooltest.Refusal(t, err), "take the lines out of its own configuration") || !strings.Contains(undo.Print, "-\thelper = idcs\n") {
				t.Errorf("%s: the way back: %v, %q", name, err, undo.Print)
			}
		}
	}
}
