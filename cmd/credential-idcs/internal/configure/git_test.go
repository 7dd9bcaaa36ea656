package configure

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// A home is a person's home directory with the program's names on PATH and the real git.
type home struct {
	t   *testing.T
	dir string
	env Env
}

func newHome(t *testing.T) *home {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := &home{t: t, dir: dir}
	bin := filepath.Join(dir, "bin")
	for _, name := range []string{
		"credential-idcs", "git-credential-idcs", "docker-credential-idcs",
		"cargo-credential-idcs", "terraform-credentials-idcs", "pnpm-token-idcs", "bazel-credential-idcs",
	} {
		h.write("bin/"+name, "#!/bin/sh\n[ \"$1\" = get ] && echo username=ana && echo password=from-"+name+"\nexit 0\n")
		if err := os.Chmod(filepath.Join(bin, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h.env = Env{
		Vars: []string{
			"PATH=" + bin + string(filepath.ListSeparator) + os.Getenv("PATH"),
			"HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_CEILING_DIRECTORIES=" + filepath.Dir(dir),
		},
		Home: dir, Dir: dir, Program: filepath.Join(bin, "credential-idcs"),
	}
	return h
}

func (h *home) path(name string) string { return filepath.Join(h.dir, filepath.FromSlash(name)) }

func (h *home) write(name, content string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.path(name)), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(h.path(name), []byte(content), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *home) read(name string) string {
	h.t.Helper()
	b, err := os.ReadFile(h.path(name))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

// git runs the real git and returns its stdout.
func (h *home) git(args ...string) string {
	h.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Env, cmd.Dir = h.env.Vars, h.env.Dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		h.t.Fatalf("git %s: %v: %s", args, err, stderr.String())
	}
	return string(out)
}

// fill is what git gets for a URL, or "" if nobody answers.
func (h *home) fill(url string) string {
	h.t.Helper()
	cmd := exec.Command("git", "credential", "fill")
	cmd.Env, cmd.Dir = append(h.env.Vars, "GIT_ASKPASS=false"), h.env.Dir
	cmd.Stdin = strings.NewReader("url=" + url + "\n\n")
	out, _ := cmd.Output()
	for line := range strings.Lines(string(out)) {
		if p, ok := strings.CutPrefix(line, "password="); ok {
			return strings.TrimSpace(p)
		}
	}
	return ""
}

func needTool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing", name)
		}
		t.Skipf("%s is missing", name)
	}
}

func targets(t *testing.T, urls ...string) []helpers.Listed {
	t.Helper()
	var out []helpers.Listed
	for _, u := range urls {
		target, err := helpers.ParseTarget(u)
		if err != nil {
			t.Fatalf("%s: %v", u, err)
		}
		out = append(out, helpers.Listed{Owner: helpers.Owner{Profile: "work", Username: "ana"}, Target: target})
	}
	return out
}

// must applies a plan that can be made.
func must(t *testing.T, p Plan, err error) Plan {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Apply(); err != nil {
		t.Fatal(err)
	}
	return p
}

// refusal is the message and command of an error that must be a *helpers.Failure.
func refusal(t *testing.T, err error) string {
	t.Helper()
	var f *helpers.Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a refusal", err)
	}
	return strings.TrimPrefix(f.Lines(), "credential-idcs: ")
}

const pair = "[credential \"https://git.example.com\"]\n\thelper = \n\thelper = idcs\n"

func TestGitAsksUsAndNobodyElse(t *testing.T) {
	needTool(t, "git")
	h := newHome(t)
	h.write("bin/git-credential-other", "#!/bin/sh\n[ \"$1\" = get ] || cat >>"+h.path("leaked")+"\n")
	if err := os.Chmod(h.path("bin/git-credential-other"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.write(".gitconfig", "[user]\n\tname = Ana\n[credential]\n\thelper = other\n")
	in := Repository{Targets: targets(t, "https://git.example.com", "https://git.example.com:8443/team", "https://[::1]:5000")}
	p, err := Git(t.Context(), h.env, in)
	must(t, p, err)

	for url, want := range map[string]string{
		"https://git.example.com/a.git":              "from-git-credential-idcs",
		"https://git.example.com:443/a.git":          "from-git-credential-idcs",
		"https://git.example.com:8443/team/b.git":    "from-git-credential-idcs",
		"https://git.example.com:8443/teams/b.git":   "",
		"https://[::1]:5000/a.git":                   "from-git-credential-idcs",
		"https://git.example.com.evil.example/a.git": "",
	} {
		if got := h.fill(url); got != want {
			t.Errorf("git credential fill %s: got %q, want %q", url, got, want)
		}
	}
	cmd := exec.Command("git", "credential", "approve")
	cmd.Env, cmd.Dir = h.env.Vars, h.dir
	cmd.Stdin = strings.NewReader("protocol=https\nhost=git.example.com\nusername=ana\npassword=secret\n\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git credential approve: %v: %s", err, out)
	}
	if exists(h.path("leaked")) {
		t.Errorf("the other helper was given our token: %s", h.read("leaked"))
	}
	if got := h.git("config", "--get-all", "credential.https://git.example.com:8443/team.useHttpPath"); got != "true\n" {
		t.Errorf("useHttpPath: got %q", got)
	}
}

func TestGitTwiceIsOnceAndUndoGivesTheBytesBack(t *testing.T) {
	needTool(t, "git")
	for name, before := range map[string]string{
		"empty":             "",
		"settings":          "[user]\n\tname = Ana # me\n\n; the end\n",
		"no last newline":   "[user]\n\tname = Ana",
		"crlf":              "[user]\r\n\tname = Ana\r\n",
		"other helper":      "[credential]\n\thelper = store\n",
		"its own section":   "[credential \"https://git.example.com\"]\n\tusername = ana\n[user]\n\tname = Ana\n",
		"an own helper":     "[credential \"https://git.example.com\"]\n\thelper = store\n",
		"several, one ours": "[credential \"https://git.example.com\"]\n\thelper = \n\thelper = store\n# kept\n",
		"include":           "[include]\n\tpath = missing\n",
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t)
			h.write(".gitconfig", before)
			in := Repository{Targets: targets(t, "https://git.example.com", "https://git.example.com/team")}
			p, err := Git(t.Context(), h.env, in)
			must(t, p, err)
			once := h.read(".gitconfig")
			if !strings.HasPrefix(once, before) {
				t.Errorf("what was there changed:\n%s", once)
			}
			if got := h.git("config", "--global", "--get-all", "credential.https://git.example.com.helper"); !strings.HasSuffix(got, "\nidcs\n") {
				t.Errorf("helpers: got %q", got)
			}
			if p, err = Git(t.Context(), h.env, in); err != nil || len(p.Changes) != 0 {
				t.Errorf("second time: %v, changes %q", err, p.Diff())
			}
			p, err = UndoGit(t.Context(), h.env, in)
			must(t, p, err)
			if diff := cmp.Diff(before, h.read(".gitconfig")); diff != "" {
				t.Errorf("undone (-before +after):\n%s", diff)
			}
			if p, err = UndoGit(t.Context(), h.env, in); err != nil || len(p.Changes) != 0 {
				t.Errorf("undone twice: %v, changes %q", err, p.Diff())
			}
		})
	}
}

func TestGitUnderstandsWhatGitConfigWrote(t *testing.T) {
	needTool(t, "git")
	h := newHome(t)
	const key = "credential.https://git.example.com/team."
	h.git("config", "--global", key+"username", "ana")
	h.git("config", "--global", "--add", key+"helper", "")
	h.git("config", "--global", "--add", key+"helper", "idcs")
	h.git("config", "--global", key+"useHttpPath", "true")
	in := Repository{Targets: targets(t, "https://git.example.com/team")}
	if p, err := Git(t.Context(), h.env, in); err != nil || len(p.Changes) != 0 {
		t.Errorf("got %v, changes %q", err, p.Diff())
	}
	p, err := UndoGit(t.Context(), h.env, in)
	must(t, p, err)
	if got, want := h.read(".gitconfig"), "[credential \"https://git.example.com/team\"]\n\tusername = ana\n"; got != want {
		t.Errorf("undone: got %q, want %q", got, want)
	}
}

func TestUndoGitLeavesAHelperThatAPersonSet(t *testing.T) {
	needTool(t, "git")
	h := newHome(t)
	const mine = "[credential \"https://git.example.com\"]\n\thelper = idcs\n"
	h.write(".gitconfig", mine)
	p, err := UndoGit(t.Context(), h.env, Repository{Targets: targets(t, "https://git.example.com")})
	must(t, p, err)
	if got := h.read(".gitconfig"); got != mine {
		t.Errorf("got %q", got)
	}
	if len(p.Notes) != 1 || !strings.Contains(p.Notes[0].Message, "not written by configure") {
		t.Errorf("notes: %+v", p.Notes)
	}
}

func TestGitMovesToTheEnd(t *testing.T) {
	needTool(t, "git")
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
			h := newHome(t)
			h.write("more", "[credential]\n\thelper = store\n")
			h.write(".gitconfig", c.before)
			p, err := Git(t.Context(), h.env, Repository{Targets: targets(t, "https://git.example.com")})
			must(t, p, err)
			want := c.after
			if want == "" {
				want = c.before
			}
			if diff := cmp.Diff(want, h.read(".gitconfig")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestGitRefusesWhatComesAfterOurFile(t *testing.T) {
	needTool(t, "git")
	h := newHome(t)
	h.git("init", "-q", "repo")
	h.env.Dir = h.path("repo")
	h.git("config", "--local", "credential.helper", "store")
	in := Repository{Targets: targets(t, "https://git.example.com")}
	_, err := Git(t.Context(), h.env, in)
	if got, want := refusal(t, err), ".git/config sets credential.helper for https://git.example.com after ours\n"+
		"\tgit config --file .git/config --unset-all credential.helper\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if exists(h.path(".gitconfig")) {
		t.Error("the file was written all the same")
	}
	in.Local = true // in that file it can be cured
	p, err := Git(t.Context(), h.env, in)
	must(t, p, err)
	if got := h.fill("https://git.example.com/a"); got != "from-git-credential-idcs" {
		t.Errorf("fill: got %q", got)
	}
	h.env.Vars = append(h.env.Vars, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=credential.helper", "GIT_CONFIG_VALUE_0=store")
	_, err = Git(t.Context(), h.env, in)
	if got, want := refusal(t, err), "git's command line sets credential.helper for https://git.example.com after ours\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestGitRefuses(t *testing.T) {
	needTool(t, "git")
	for name, c := range map[string]struct{ config, path, want string }{
		"another user":         {"[credential \"https://git.example.com\"]\n\tusername = bob\n", "", "HOME/.gitconfig sets the user name bob for https://git.example.com, but the profile's is ana\n\tgit config --file HOME/.gitconfig --unset-all credential.https://git.example.com.username\n"},
		"another user for all": {"[credential]\n\tusername = bob\n", "", "HOME/.gitconfig sets the user name bob for https://git.example.com, but the profile's is ana\n\tgit config --file HOME/.gitconfig --unset-all credential.username\n"},
		"no helper on PATH":    {"", os.Getenv("PATH"), "git-credential-idcs is not on PATH\n\texport PATH=HOME/bin:\"$PATH\"\n"},
		"a relative PATH":      {"", "bin" + string(filepath.ListSeparator) + os.Getenv("PATH"), "git-credential-idcs is not on PATH\n\texport PATH=HOME/bin:\"$PATH\"\n"},
		"no git configuration": {"[user\n", "", "git config failed: fatal: bad config line 1 in file HOME/.gitconfig\n"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t)
			h.write(".gitconfig", c.config)
			if c.path != "" {
				h.env.Vars = append(h.env.Vars, "PATH="+c.path)
			}
			_, err := Git(t.Context(), h.env, Repository{Targets: targets(t, "https://git.example.com")})
			if got := strings.ReplaceAll(refusal(t, err), h.dir, "HOME"); got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
			if got := h.read(".gitconfig"); got != c.config {
				t.Errorf("the file changed: %q", got)
			}
		})
	}
}

func TestGitFindsTheFileThatGitWrites(t *testing.T) {
	needTool(t, "git")
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
			h := newHome(t)
			for _, f := range c.files {
				h.write(f, "")
			}
			for _, v := range c.vars {
				h.env.Vars = append(h.env.Vars, strings.ReplaceAll(v, "HOME/", h.dir+"/"))
			}
			p, err := Git(t.Context(), h.env, Repository{Targets: targets(t, "https://git.example.com")})
			must(t, p, err)
			if got := h.read(c.want); got != pair {
				t.Errorf("%s: got %q", c.want, got)
			}
			if got := h.git("config", "--global", "--get-all", "credential.https://git.example.com.helper"); got != "\nidcs\n" {
				t.Errorf("git config --global: got %q", got)
			}
		})
	}
}

func TestGitFileAndDryRun(t *testing.T) {
	needTool(t, "git")
	h := newHome(t)
	h.write("f", "[http]\n\textraheader = AUTHORIZATION: secret")
	in := Repository{Targets: targets(t, "https://git.example.com"), File: "f"}
	p, err := Git(t.Context(), h.env, in)
	if err != nil {
		t.Fatal(err)
	}
	want := "--- HOME/f\n+++ HOME/f\n@@ -2,0 +3,3 @@\n+[credential \"https://git.example.com\"]\n+\thelper = \n+\thelper = idcs\n"
	if got := strings.ReplaceAll(p.Diff(), h.dir, "HOME"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := h.read("f"); strings.Contains(got, "idcs") {
		t.Errorf("a dry run wrote %q", got)
	}
	must(t, p, nil)
	if got := h.git("config", "--file", "f", "http.extraheader"); got != "AUTHORIZATION: secret\n" {
		t.Errorf("extraheader: got %q", got)
	}
}
