package configure

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// A Repository is what git is to be told.
type Repository struct {
	Targets []helpers.Listed // the profile's
	Local   bool             // git's --local: the repository of Env.Dir
	File    string           // git's --file; not together with Local
}

const (
	gitHelper = "git-credential-idcs"
	helperKey = "helper"
	pathKey   = "usehttppath" // as git lists it
	userKey   = "username"
)

// Git plans, for each target, a section
//
//	[credential "https://git.example.com"]
//		helper =
//		helper = idcs
//
// at the end of a file of git's. The empty value cuts off all helpers that were set before: git
// would hand our token to each of them, and those that keep passwords would keep it beyond its
// life and answer it. A target with a path also gets useHttpPath, without which git names no path.
//
// git collects helpers in the order of its files, however narrow their URL, so one that is set
// further down comes after ours and gets our token. In the same file that is cured by standing at
// the end; in a file that git reads later it is refused and named.
// https://git-scm.com/docs/gitcredentials
func Git(ctx context.Context, env Env, in Repository) (Plan, error) {
	if err := env.needOnPath(gitHelper); err != nil {
		return Plan{}, err
	}
	g, err := newGit(ctx, env, in)
	if err != nil {
		return Plan{}, err
	}
	defer g.close()
	walk, err := g.walk()
	if err != nil {
		return Plan{}, err
	}
	after := g.before
	for _, l := range in.Targets {
		if err := g.refuseUser(walk, l); err != nil {
			return Plan{}, err
		}
		if err := g.refuseLater(walk, l.Target); err != nil {
			return Plan{}, err
		}
		if after, err = g.set(after, walk, l.Target); err != nil {
			return Plan{}, err
		}
	}
	return g.plan(after), nil
}

// UndoGit plans the way back: the pair of values and the useHttpPath that Git added go, and
// nothing else.
func UndoGit(ctx context.Context, env Env, in Repository) (Plan, error) {
	g, err := newGit(ctx, env, in)
	if err != nil {
		return Plan{}, err
	}
	defer g.close()
	after := g.before
	var p Plan
	for _, l := range in.Targets {
		if after == nil {
			break
		}
		if after, err = g.unset(after, l.Target); err != nil {
			return Plan{}, err
		}
		entries, err := g.entries(after)
		if err != nil {
			return Plan{}, err
		}
		if slices.Contains(values(entries, l.Target, helperKey), ours) {
			p.note("git config --file "+quote(g.path)+" --edit", "%s keeps a helper idcs of %s that was not written by configure",
				clean(g.path), clean(l.Target.String()))
		}
	}
	done := g.plan(after)
	done.Notes = p.Notes
	return done, nil
}

func (g *gitFile) plan(after []byte) Plan {
	var p Plan
	lock := g.path
	if real, err := follow(g.path); err == nil {
		lock = real // git locks what the link leads to
	}
	// Only our own lines are shown: what is near them may be a password in a URL or a header.
	p.add(Change{Path: g.path, Before: g.before, After: after, lock: lock + ".lock", view: endLine})
	return p
}

// endLine gives the last line its ending, so that it doesn't count as changed.
func endLine(b []byte) []byte {
	if len(b) > 0 && b[len(b)-1] != '\n' {
		return append(bytes.Clone(b), '\n')
	}
	return b
}

// set puts the section of t at the end of the text, unless it stands well where it is.
func (g *gitFile) set(b []byte, walk []entry, t helpers.Target) ([]byte, error) {
	entries, err := g.entries(b)
	if err != nil {
		return nil, err
	}
	if complete(entries, t) && !g.followed(walk, entries, t) {
		return b, nil
	}
	rest, err := g.unset(b, t)
	if err != nil {
		return nil, err
	}
	section, err := g.section(t, t.Path() != "")
	if err != nil {
		return nil, err
	}
	out := appendSection(rest, section)
	return out, g.prove(rest, out, func(entry) bool { return false }, ownEntries(t))
}

// appendSection leaves a text without a last line break without one, so that cutSection gives back
// the very bytes.
func appendSection(b, section []byte) []byte {
	if len(b) == 0 || b[len(b)-1] == '\n' {
		return append(bytes.Clone(b), section...)
	}
	return append(append(bytes.Clone(b), '\n'), section[:len(section)-1]...)
}

// cutSection takes all copies of our section out.
func cutSection(b, section []byte) []byte {
	for {
		i := sectionAt(b, section)
		if i < 0 {
			break
		}
		b = append(bytes.Clone(b[:i]), b[i+len(section):]...)
	}
	last := append([]byte("\n"), section[:len(section)-1]...)
	return bytes.TrimSuffix(b, last)
}

// complete is whether the last two helpers of t are the empty one and ours.
func complete(entries []entry, t helpers.Target) bool {
	h := values(entries, t, helperKey)
	if len(h) < 2 || h[len(h)-1] != ours || h[len(h)-2] != "" {
		return false
	}
	if t.Path() == "" {
		return true
	}
	p := values(entries, t, pathKey)
	return len(p) > 0 && p[len(p)-1] == "true"
}

func ownEntries(t helpers.Target) []entry {
	out := []entry{{url: t.String(), name: helperKey}, {url: t.String(), name: helperKey, value: ours}}
	if t.Path() != "" {
		out = append(out, entry{url: t.String(), name: pathKey, value: "true"})
	}
	return out
}

// unset takes our section away. As we wrote it, it goes byte for byte; where git or a person has
// put our values elsewhere, git takes them out.
func (g *gitFile) unset(b []byte, t helpers.Target) ([]byte, error) {
	if !bytes.Contains(b, []byte(ours)) {
		return b, nil // git needn't be asked
	}
	for _, withPath := range []bool{true, false} {
		section, err := g.section(t, withPath)
		if err != nil {
			return nil, err
		}
		b = cutSection(b, section)
	}
	entries, err := g.entries(b)
	if err != nil {
		return nil, err
	}
	helpersOf := values(entries, t, helperKey)
	i := slices.Index(helpersOf, ours)
	if i < 1 || helpersOf[i-1] != "" {
		return b, nil // none, or one that we didn't write
	}
	if count(helpersOf, "") != 1 || count(helpersOf, ours) != 1 {
		return nil, refuse("git config --file "+quote(g.path)+" --edit",
			"%s has several empty helpers for %s, and which one belongs to ours is not clear", clean(g.path), clean(t.String()))
	}
	key := "credential." + t.String() + "."
	commands := [][]string{{"--unset", key + helperKey, "^$"}, {"--unset", key + helperKey, "^" + ours + "$"}}
	paths := values(entries, t, pathKey)
	dropPath := t.Path() != "" && slices.Equal(paths, []string{"true"})
	if dropPath {
		commands = append(commands, []string{"--unset", key + pathKey})
	}
	out, err := g.edit(b, commands)
	if err != nil {
		return nil, err
	}
	gone := func(e entry) bool {
		return e.url == t.String() && (e.name == helperKey && (e.value == "" || e.value == ours) || e.name == pathKey && dropPath)
	}
	return out, g.prove(b, out, gone, nil)
}

func count(list []string, s string) (n int) {
	for _, v := range list {
		if v == s {
			n++
		}
	}
	return n
}

// sectionAt is where the section stands, at the beginning of a line and with nothing of the
// person's in it: behind it and perhaps comments the text ends or another section begins.
func sectionAt(b, section []byte) int {
	for from := 0; ; {
		i := bytes.Index(b[from:], section)
		if i < 0 {
			return -1
		}
		i += from
		if (i == 0 || b[i-1] == '\n') && endsSection(b[i+len(section):]) {
			return i
		}
		from = i + 1
	}
}

func endsSection(rest []byte) bool {
	for line := range bytes.Lines(rest) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && line[0] != ';' {
			return line[0] == '['
		}
	}
	return true
}

// prove holds the new text against the old one as git reads both: what isn't gone is there, in its
// order, and behind it what was added.
func (g *gitFile) prove(before, after []byte, gone func(entry) bool, added []entry) error {
	was, err := g.entries(before)
	if err != nil {
		return err
	}
	is, err := g.entries(after)
	if err != nil {
		return err
	}
	was = slices.DeleteFunc(was, gone)
	if !slices.Equal(append(was, added...), is) {
		return refuse("git config --file "+quote(g.path)+" --edit", "%s can't be edited without changing more than our lines", clean(g.path))
	}
	return nil
}

// gitFile is one file of git's, and a folder to let git try things in.
type gitFile struct {
	ctx    context.Context
	env    Env
	git    string // git's path
	path   string // the file, absolute
	scope  string // "global", "local", or empty for a file that was named
	before []byte
	temp   string
}

func newGit(ctx context.Context, env Env, in Repository) (*gitFile, error) {
	g := &gitFile{ctx: ctx, env: env, git: env.find("git")}
	if g.git == "" {
		return nil, refuse("", "git is not on PATH")
	}
	var err error
	if err = g.locate(in); err != nil {
		return nil, err
	}
	if g.before, err = read(g.path); err != nil {
		return nil, err
	}
	if g.temp, err = os.MkdirTemp("", "credential-idcs-"); err != nil {
		return nil, fileFailure("the temporary folder", "write", err)
	}
	return g, nil
}

func (g *gitFile) close() { _ = os.RemoveAll(g.temp) }

// locate finds the file as git config does, "FILES" in https://git-scm.com/docs/git-config: for
// --global ~/.gitconfig, but $XDG_CONFIG_HOME/git/config if only that exists.
func (g *gitFile) locate(in Repository) error {
	switch {
	case in.File != "":
		g.path = g.env.abs(in.File)
		return nil
	case in.Local:
		g.scope = "local"
		out, err := g.run("rev-parse", "--git-path", "config")
		if err != nil {
			return err
		}
		g.path = g.env.abs(string(bytes.TrimSuffix(out, []byte("\n"))))
		return nil
	}
	g.scope = "global"
	if file := g.env.get("GIT_CONFIG_GLOBAL"); file != "" {
		g.path = g.env.abs(file)
		return nil
	}
	home, err := g.env.home(".gitconfig")
	if err != nil {
		return err
	}
	xdg := filepath.Join(g.env.Home, ".config", "git", "config")
	if dir := g.env.get("XDG_CONFIG_HOME"); dir != "" {
		xdg = filepath.Join(g.env.abs(dir), "git", "config")
	}
	g.path = home
	if !exists(home) && exists(xdg) {
		g.path = xdg
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
