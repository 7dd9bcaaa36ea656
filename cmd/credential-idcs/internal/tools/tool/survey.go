package tool

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A Level is how bad a finding is.
type Level int

// The levels. An error makes calls fail; a warning may surprise, or give a token to somebody else.
const (
	OK Level = iota
	Warning
	Error
)

// String is ok, warning or error.
func (l Level) String() string { return [...]string{"ok", "warning", "error"}[l] }

// A Finding is one fact. Its texts are clean: no control character, no secret.
type Finding struct {
	Level   Level
	Text    string // one line, no full stop
	Command string // what mends it; may be empty
	Check   string // configuration, profile, domain, login, or a tool
	Profile string // may be empty
}

// A Place is a target of one of the profiles that are checked.
type Place struct {
	helpers.Listed
	Kind string // config.KindToken, KindOCIR or KindOKE
	Set  bool   // a tool is set up for it
	// NamesProfile: the tool's command for it has a profile.
	NamesProfile bool
}

// NamesProfile reports whether a tool's command that runs us has a profile.
func NamesProfile(words string) bool {
	return strings.Contains(words, "--profile") || slices.Contains(strings.FieldsFunc(words, func(r rune) bool { return strings.ContainsRune(" \t\",'", r) }), "-p")
}

// A Survey is what a tool's Look gets from doctor.
type Survey struct {
	Env
	Places      []*Place          // the targets that are checked, if they are for this tool
	Known       []helpers.Target  // the targets of all profiles that are for this tool
	Default     string            // the profile of a call that names none; empty: there is none
	Profiles    []string          // the names of all profiles
	NoIDToken   map[string]string // why a profile never has an ID token
	EngineFiles []string          // where docker's engine has its configuration, usually

	// Run runs a program and returns what it printed, and its exit status; -1 if it has none.
	Run    func(ctx context.Context, program string, args ...string) (string, int)
	Report func(Finding)
}

// OK reports a check that passed.
//
//go:noinline
func (s *Survey) OK(text string) { s.Report(Finding{Level: OK, Text: text}) }

// Warn reports a warning.
//
//go:noinline
func (s *Survey) Warn(text, command string) {
	s.Report(Finding{Level: Warning, Text: text, Command: command})
}

// Problem reports an error.
//
//go:noinline
func (s *Survey) Problem(text, command string) {
	s.Report(Finding{Level: Error, Text: text, Command: command})
}

// Name reports whether one of our names is on PATH, where a tool looks for it. If it is missing, that is an error only if
// the tool is set up.
func (s *Survey) Name(name, tool string, used bool) {
	found := s.Find(name)
	if found == "" {
		report := s.Warn
		if used {
			report = s.Problem
		}
		report(name+" is not on PATH, where "+tool+" looks for it", s.reach(name))
		return
	}
	if !sameProgram(found, s.Program) {
		s.Warn(Clean(found)+", which "+tool+" runs, is not this program ("+Clean(s.Program)+")",
			text.Relink(s.Program, found))
		return
	}
	s.OK(tool + " finds " + Clean(found))
}

// sameProgram reports whether two files are the same, or copies, since on Windows not everybody may make links. A file that
// can't be read counts as the same.
func sameProgram(a, b string) bool {
	fa, err := os.Stat(a)
	if err != nil {
		return true
	}
	fb, err := os.Stat(b)
	if err != nil || os.SameFile(fa, fb) {
		return true
	}
	if fa.Size() != fb.Size() {
		return false
	}
	ba, err := os.ReadFile(a)
	if err != nil {
		return true
	}
	bb, err := os.ReadFile(b)
	return err != nil || bytes.Equal(ba, bb)
}

// reach is the command that puts a name of ours on PATH: by the folder, if the name is beside the program, else by a link.
func (s *Survey) reach(name string) string {
	folder := filepath.Dir(s.Program)
	if _, err := host.Look("", filepath.Join(folder, name)); err == nil {
		return text.FirstOnPath(folder)
	}
	for _, dir := range filepath.SplitList(s.Get("PATH")) {
		if dir == folder {
			return text.Link(s.Program, filepath.Join(folder, name))
		}
	}
	return text.Install()
}

// Former reports an entry of ours in a tool's file for a host that is no target for the tool.
func (s *Survey) Former(path, name, host string) {
	s.Warn(Clean(path)+" still has credential-idcs for "+Clean(host)+", which is not a target for "+name,
		"credential-idcs unconfigure "+name+" "+text.Word(host))
}

// AnyOf is the first of some programs that is on PATH; empty: none.
func (e Env) AnyOf(names ...string) string {
	for _, name := range names {
		if e.Find(name) != "" {
			return name
		}
	}
	return ""
}

// SetUp is the command that sets a tool up for a profile.
//
//go:noinline
func SetUp(tool, profile string) string {
	return "credential-idcs configure " + tool + " --profile " + text.Word(profile)
}

// IsUs reports whether a command is this program, by its name.
func IsUs(command string) bool {
	name := ProgramName(command)
	return name == "credential-idcs" || name == "kubectl-idcs"
}

// ProgramName is the name of a program in a path of any system, without .exe.
func ProgramName(path string) string {
	return strings.TrimSuffix(path[strings.LastIndexAny(path, `/\`)+1:], ".exe")
}
