// Package tooltest has a person's home directory for the tests of the tools.
package tooltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
)

// A Home is a person's home directory with the program's names on PATH and the real git.
type Home struct {
	t   *testing.T
	Dir string
	Env tool.Env
}

// Exe is the ending of a program's file.
var Exe = map[bool]string{true: ".exe"}[runtime.GOOS == "windows"]

// New makes one.
func New(t *testing.T) *Home {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := &Home{t: t, Dir: dir}
	bin := filepath.Join(dir, "bin")
	for _, name := range []string{
		"credential-idcs", "git-credential-idcs", "docker-credential-idcs",
		"cargo-credential-idcs", "terraform-credentials-idcs", "pnpm-token-idcs", "bazel-credential-idcs",
	} {
		name += Exe
		h.Write("bin/"+name, "#!/bin/sh\n[ \"$1\" = get ] && echo username=ana && echo password=from-"+name+"\nexit 0\n")
		if err := os.Chmod(filepath.Join(bin, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h.Env = tool.Env{
		Vars: []string{
			"PATH=" + bin + string(filepath.ListSeparator) + os.Getenv("PATH"),
			"HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_CEILING_DIRECTORIES=" + filepath.Dir(dir),
		},
		Home: dir, Dir: dir, Program: filepath.Join(bin, "credential-idcs"+Exe),
	}
	return h
}

// Path is a file below it.
func (h *Home) Path(name string) string { return filepath.Join(h.Dir, filepath.FromSlash(name)) }

// Write writes one.
func (h *Home) Write(name, content string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.Path(name)), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(h.Path(name), []byte(content), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// Read reads one.
func (h *Home) Read(name string) string {
	h.t.Helper()
	b, err := os.ReadFile(h.Path(name))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

// Git runs the real git and returns its stdout.
func (h *Home) Git(args ...string) string {
	h.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Env, cmd.Dir = h.Env.Vars, h.Env.Dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		h.t.Fatalf("git %s: %v: %s", args, err, stderr.String())
	}
	return string(out)
}

// Fill is what git gets for a URL, or "" if nobody answers.
func (h *Home) Fill(url string) string {
	h.t.Helper()
	cmd := exec.Command("git", "credential", "fill")
	cmd.Env, cmd.Dir = append(h.Env.Vars, "GIT_ASKPASS=false"), h.Env.Dir
	cmd.Stdin = strings.NewReader("url=" + url + "\n\n")
	out, _ := cmd.Output()
	for line := range strings.Lines(string(out)) {
		if p, ok := strings.CutPrefix(line, "password="); ok {
			return strings.TrimSpace(p)
		}
	}
	return ""
}

// NeedTool skips the test without a program.
func NeedTool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing", name)
		}
		t.Skipf("%s is missing", name)
	}
}

// Targets are targets of profile work, whose user is ana.
func Targets(t *testing.T, urls ...string) []helpers.Listed {
	t.Helper()
	var out []helpers.Listed
	for _, u := range urls {
		target, err := helpers.ParseTarget(u)
		if err != nil {
			t.Fatalf("%s: %v", u, err)
		}
		out = append(out, helpers.Listed{Owner: helpers.Owner{Profile: "work", Username: "ana", Named: true}, Target: target})
	}
	return out
}

// Must applies a plan that can be made.
func Must(t *testing.T, p tool.Plan, err error) tool.Plan {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Apply(); err != nil {
		t.Fatal(err)
	}
	return p
}

// Refusal is the message and command of an error that must be a *helpers.Failure.
func Refusal(t *testing.T, err error) string {
	t.Helper()
	var f *helpers.Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a refusal", err)
	}
	return strings.TrimPrefix(f.Lines(), "credential-idcs: ")
}

// Failure is the *helpers.Failure that an error must be.
func Failure(t *testing.T, err error) *helpers.Failure {
	t.Helper()
	var f *helpers.Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a *helpers.Failure", err)
	}
	return f
}

// Beside are the files in the folder of a tool's file: nothing temporary may stay there.
func Beside(t *testing.T, path string) []string {
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

// Look is what doctor reports of a tool, as it prints it.
func Look(t *testing.T, h *Home, tested tool.Tool, targets []helpers.Listed) string {
	t.Helper()
	var out strings.Builder
	s := &tool.Survey{Env: h.Env, Profiles: []string{"work"}, Run: func(ctx context.Context, program string, args ...string) (string, int) {
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Env, cmd.Dir = h.Env.Vars, h.Env.Dir
		b, _ := cmd.Output()
		return string(b), cmd.ProcessState.ExitCode()
	}}
	s.Report = func(f tool.Finding) {
		if f.Level != tool.OK && f.Command == "" {
			t.Errorf("nothing says what to do about: %s", f.Text)
		}
		line := fmt.Sprintf("%-7s  %s\n", f.Level, f.Text)
		if f.Command != "" {
			line += "\t" + f.Command + "\n"
		}
		out.WriteString(strings.ReplaceAll(line, h.Dir, "HOME"))
	}
	for _, l := range targets {
		s.Places = append(s.Places, &tool.Place{Listed: l})
		s.Known = append(s.Known, l.Target)
	}
	tested.Look(t.Context(), s)
	return out.String()
}
