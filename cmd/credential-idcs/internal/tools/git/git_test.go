package git

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/google/go-cmp/cmp"
)

const pair = "[credential \"https://git.example.com\"]\n\thelper = \n\thelper = idcs\n"

// G24.
func TestGitAsksUsAndNobodyElse(t *testing.T) {
	tooltest.NeedTool(t, "git")
	h := tooltest.New(t)
	h.Write("bin/git-credential-other", "#!/bin/sh\n[ \"$1\" = get ] || cat >>"+h.Path("leaked")+"\n")
	if err := os.Chmod(h.Path("bin/git-credential-other"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.Write(".gitconfig", "[user]\n\tname = Ana\n[credential]\n\thelper = other\n")
	in := tool.Request{Portable: true, Targets: tooltest.Targets(t, "https://git.example.com", "https://git.example.com:8443/team", "https://[::1]:5000")}
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)

	for url, want := range map[string]string{
		"https://git.example.com/a.git":              "from-git-credential-idcs",
		"https://git.example.com:443/a.git":          "from-git-credential-idcs",
		"https://git.example.com:8443/team/b.git":    "from-git-credential-idcs",
		"https://git.example.com:8443/teams/b.git":   "",
		"https://[::1]:5000/a.git":                   "from-git-credential-idcs",
		"https://git.example.com.evil.example/a.git": "",
	} {
		if got := h.Fill(url); got != want {
			t.Errorf("git credential fill %s: got %q, want %q", url, got, want)
		}
	}
	cmd := exec.Command("git", "credential", "approve")
	cmd.Env, cmd.Dir = h.Env.Vars, h.Dir
	cmd.Stdin = strings.NewReader("protocol=https\nhost=git.example.com\nusername=ana\npassword=secret\n\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git credential approve: %v: %s", err, out)
	}
	if edit.Exists(h.Path("leaked")) {
		t.Errorf("the other helper was given our token: %s", h.Read("leaked"))
	}
	if got := h.Git("config", "--get-all", "credential.https://git.example.com:8443/team.useHttpPath"); got != "true\n" {
		t.Errorf("useHttpPath: got %q", got)
	}
}

func TestGitUnderstandsWhatGitConfigWrote(t *testing.T) {
	tooltest.NeedTool(t, "git")
	h := tooltest.New(t)
	const key = "credential.https://git.example.com/team."
	h.Git("config", "--global", key+"username", "ana")
	h.Git("config", "--global", "--add", key+"helper", "")
	h.Git("config", "--global", "--add", key+"helper", "idcs")
	h.Git("config", "--global", key+"useHttpPath", "true")
	in := tool.Request{Portable: true, Targets: tooltest.Targets(t, "https://git.example.com/team")}
	if p, err := (Tool{}).Plan(t.Context(), h.Env, in); err != nil || len(p.Changes) != 0 {
		t.Errorf("got %v, changes %q", err, p.Diff())
	}
	p, err := (Tool{}).Undo(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if got, want := h.Read(".gitconfig"), "[credential \"https://git.example.com/team\"]\n\tusername = ana\n"; got != want {
		t.Errorf("undone: got %q, want %q", got, want)
	}
}

func TestGitMovesToTheEnd(t *testing.T) {
	tooltest.NeedTool(t, "git")
	for name, c := range map[string]struct{ before, after string }{
		"behind us":      {pair + "[credential]\n\thelper = store\n", "[credential]\n\thelper = store\n" + pair},
		"wildcard":       {pair + "[credential \"https://*.example.com\"]\n\thelper = store\n", "[credential \"https://*.example.com\"]\n\thelper = store\n" + pair},
		"host alone":     {pair + "[credential \"git.example.com\"]\n\thelper = store\n", "[credential \"git.example.com\"]\n\thelper = store\n" + pair},
		"narrower":       {pair + "[credential \"https://git.example.com/x\"]\n\thelper = store\n", "[credential \"https://git.example.com/x\"]\n\thelper = store\n" + pair},
		"cut off":        {pair + "[credential]\n\thelper =\n", "[credential]\n\thelper =\n" + pair},
		"included":       {pair + "[include]\n\tpath = more\n", "[include]\n\tpath = more\n" + pair},
		"other host":     {pair + "[credential \"https://x.example.com\"]\n\thelper = store\n", ""},
		"other port":     {pair + "[credential \"https://git.example.com:8443\"]\n\thelper = store\n", ""},
		"other scheme":   {pair + "[credential \"http://git.example.com\"]\n\thelper = store\n", ""},
		"narrower, own":  {pair + "[credential \"https://git.example.com/x\"]\n\thelper =\n\thelper = store\n", ""},
		"with arguments": {pair + "[credential]\n\thelper = /opt/bin/git-credential-idcs --profile work\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := tooltest.New(t)
			h.Write("more", "[credential]\n\thelper = store\n")
			h.Write(".gitconfig", c.before)
			p, err := (Tool{}).Plan(t.Context(), h.Env, tool.Request{Portable: true, Targets: tooltest.Targets(t, "https://git.example.com")})
			tooltest.Must(t, p, err)
			want := c.after
			if want == "" {
				want = c.before
			}
			if diff := cmp.Diff(want, h.Read(".gitconfig")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestGitFindsTheFileThatGitWrites(t *testing.T) {
	tooltest.NeedTool(t, "git")
	for name, c := range map[string]struct {
		files []string
		vars  []string
		want  string
	}{
		"none":                  {nil, nil, ".gitconfig"},
		"home":                  {[]string{".gitconfig"}, nil, ".gitconfig"},
		"XDG default":           {[]string{".config/git/config"}, nil, ".config/git/config"},
		"XDG":                   {[]string{"x/git/config"}, []string{"XDG_CONFIG_HOME=HOME/x"}, "x/git/config"},
		"both":                  {[]string{".gitconfig", ".config/git/config"}, nil, ".gitconfig"},
		"GIT_CONFIG_GLOBAL set": {[]string{".gitconfig", "g"}, []string{"GIT_CONFIG_GLOBAL=HOME/g"}, "g"},
	} {
		t.Run(name, func(t *testing.T) {
			h := tooltest.New(t)
			for _, f := range c.files {
				h.Write(f, "")
			}
			for _, v := range c.vars {
				h.Env.Vars = append(h.Env.Vars, strings.ReplaceAll(v, "HOME/", h.Dir+"/"))
			}
			p, err := (Tool{}).Plan(t.Context(), h.Env, tool.Request{Portable: true, Targets: tooltest.Targets(t, "https://git.example.com")})
			tooltest.Must(t, p, err)
			if got := h.Read(c.want); strings.TrimSuffix(got, "\n") != strings.TrimSuffix(pair, "\n") { // an empty file ends without
				t.Errorf("%s: got %q", c.want, got)
			}
			if got := h.Git("config", "--global", "--get-all", "credential.https://git.example.com.helper"); got != "\nidcs\n" {
				t.Errorf("git config --global: got %q", got)
			}
		})
	}
}

func TestGitFileAndDryRun(t *testing.T) {
	tooltest.NeedTool(t, "git")
	h := tooltest.New(t)
	h.Write("f", "[http]\n\textraheader = AUTHORIZATION: secret")
	in := tool.Request{Portable: true, Targets: tooltest.Targets(t, "https://git.example.com"), File: "f"}
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	if err != nil {
		t.Fatal(err)
	}
	want := "--- HOME/f\n+++ HOME/f\n@@ -2,0 +3,3 @@\n+[credential \"https://git.example.com\"]\n+\thelper = \n+\thelper = idcs\n"
	if got := strings.ReplaceAll(p.Diff(), h.Dir, "HOME"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := h.Read("f"); strings.Contains(got, "idcs") {
		t.Errorf("a dry run wrote %q", got)
	}
	tooltest.Must(t, p, nil)
	if got := h.Git("config", "--file", "f", "http.extraheader"); got != "AUTHORIZATION: secret\n" {
		t.Errorf("extraheader: got %q", got)
	}
}

// The helper is written with its path, so that git finds it whatever PATH is: from cron, systemd, a
// program with windows. The path is the one that PATH has, a link as a link, spelled for the shell.
func TestGitFindsTheHelperWithAnotherPATH(t *testing.T) {
	git := need.Tool(t, "git")
	h := tooltest.New(t)
	real := h.Path("bin/git-credential-idcs")
	link := h.Path("my bin, $(x) ü/git-credential-idcs")
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		t.Fatal(err)
	}
	need.Symlink(t, real, link)
	path := h.Env.Get("PATH")
	h.Env.Vars = append(h.Env.Vars, "PATH="+filepath.Dir(link)+string(filepath.ListSeparator)+path)
	in := tool.Request{Targets: tooltest.Targets(t, "https://git.example.com")}
	h.Write(".gitconfig", pair) // of an older configure: found by PATH only
	p, err := (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if p, err := (Tool{}).Plan(t.Context(), h.Env, in); err != nil || len(p.Changes) != 0 {
		t.Errorf("second time: %v\n%s", err, p.Diff())
	}
	with := h.Env
	h.Env.Vars = append(h.Env.Vars, "PATH="+filepath.Dir(git)+":/usr/bin:/bin")
	if got := h.Fill("https://git.example.com/a.git"); got != "from-git-credential-idcs" {
		t.Errorf("with another PATH git gets %q from\n%s", got, h.Read(".gitconfig"))
	}
	if report := tooltest.Look(t, h, Tool{}, in.Targets); !strings.Contains(report, "ok       git uses only credential-idcs") {
		t.Errorf("doctor:\n%s", report)
	}

	// A path that is there stays, whatever PATH says now; one that is gone is named and replaced.
	h.Env = with
	h.Env.Vars = append(h.Env.Vars, "PATH="+path)
	if p, err := (Tool{}).Plan(t.Context(), h.Env, in); err != nil || len(p.Changes) != 0 {
		t.Errorf("another path: %v\n%s", err, p.Diff())
	}
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if report := tooltest.Look(t, h, Tool{}, in.Targets); !strings.Contains(report, "error    git runs "+strings.Replace(link, h.Dir, "HOME", 1)+" for https://git.example.com, which isn't there\n\tcredential-idcs configure git --profile work\n") {
		t.Errorf("doctor:\n%s", report)
	}
	p, err = (Tool{}).Plan(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if got, want := h.Read(".gitconfig"), strings.Replace(pair, "idcs\n", real+"\n", 1); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p, err = (Tool{}).Undo(t.Context(), h.Env, in)
	tooltest.Must(t, p, err)
	if edit.Exists(h.Path(".gitconfig")) && h.Read(".gitconfig") != "" {
		t.Errorf("left %q", h.Read(".gitconfig"))
	}
}
