package git

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
)

// run runs git in the person's folder, with their environment.
func (g *gitFile) run(args ...string) ([]byte, error) {
	cmd := exec.CommandContext(g.ctx, g.git, args...)
	cmd.Dir, cmd.Env = g.env.Dir, g.env.Vars
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		said, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		if said == "" {
			said = err.Error()
		}
		return nil, &helpers.Failure{Message: "git " + args[0] + " failed: " + tool.Clean(said), Err: err}
	}
	return stdout.Bytes(), nil
}

// scratch writes a text into a temporary file for git.
func (g *gitFile) scratch(b []byte) (string, error) {
	file := filepath.Join(g.temp, "config")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return "", tool.Fault(file, "write", err)
	}
	return file, nil
}

// edit runs git config commands on a text.
func (g *gitFile) edit(b []byte, commands [][]string) ([]byte, error) {
	file, err := g.scratch(b)
	if err != nil {
		return nil, err
	}
	for _, c := range commands {
		if _, err := g.run(append([]string{"config", "--file", file}, c...)...); err != nil {
			return nil, err
		}
	}
	return tool.Read(file)
}

// section is our section as git writes it.
func (g *gitFile) section(t helpers.Target, value string, withPath bool) ([]byte, error) {
	key := "credential." + t.String() + "."
	commands := [][]string{{"--add", key + helperKey, ""}, {"--add", key + helperKey, value}}
	if withPath {
		commands = append(commands, []string{"--add", key + "useHttpPath", "true"})
	}
	return g.edit(nil, commands)
}

// An entry is one value of git's configuration.
type entry struct {
	key    string // as listed, if it isn't of the section credential
	url    string // of credential.URL.NAME; empty for credential.NAME
	name   string // lower case
	value  string
	scope  string // in a walk only: system, global, local, worktree, command
	origin string // in a walk only: file:PATH, or variables: and their names
}

// entries are the values of one text, as git reads it, without includes.
func (g *gitFile) entries(b []byte) ([]entry, error) {
	file, err := g.scratch(b)
	if err != nil {
		return nil, err
	}
	out, err := g.run("config", "--null", "--list", "--file", file)
	if err != nil {
		// git's message has the temporary file and the line, which is the same in the real one.
		var f *helpers.Failure
		if errors.As(err, &f) {
			f.Message = strings.ReplaceAll(f.Message, file, tool.Clean(g.path))
		}
		return nil, err
	}
	var list []entry
	for record := range strings.SplitSeq(string(out), "\x00") {
		if record != "" {
			list = append(list, parseEntry(record))
		}
	}
	return list, nil
}

// walk are all values in the order in which git reads them, from all its files, also from those of an includeIf whose
// condition doesn't hold in this folder.
func (g *gitFile) walk() ([]entry, error) {
	_, all, err := g.walkAll()
	return all, err
}

// walkAll are the values that git reads in this folder, and those that it reads in any folder.
func (g *gitFile) walkAll() (here, everywhere []entry, err error) {
	if here, err = g.list("--show-scope"); err != nil {
		return nil, nil, err
	}
	return here, g.included(here, map[string]bool{}), nil
}

// included adds, after each includeIf, the values of its file, unless git has read it. seen has the files that were added.
func (g *gitFile) included(list []entry, seen map[string]bool) (out []entry) {
	for _, e := range list {
		out = append(out, e)
		if !strings.HasPrefix(e.key, "includeif.") || !strings.HasSuffix(e.key, ".path") {
			continue
		}
		path := g.includedPath(e)
		read := func(o entry) bool { return o.origin == "file:"+path }
		if path == "" || seen[path] || slices.ContainsFunc(list, read) {
			continue
		}
		seen[path] = true
		// --includes, since with --file git follows no includes by itself.
		more, err := g.list("--includes", "--file", path)
		if err != nil {
			continue // a missing file counts as empty, and git itself reports one that it can't read
		}
		for i := range more {
			more[i].scope = e.scope
		}
		out = append(out, g.included(more, seen)...)
	}
	return out
}

// includedPath is the file of an include. A relative path is relative to the file that has it.
func (g *gitFile) includedPath(e entry) string {
	path := e.value
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(g.env.Home, rest)
	}
	file, ok := strings.CutPrefix(e.origin, "file:")
	switch {
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	case !ok || path == "":
		return ""
	}
	return filepath.Join(filepath.Dir(g.env.Abs(file)), path)
}

// list are values with their origin, and with --show-scope their scope.
func (g *gitFile) list(options ...string) ([]entry, error) {
	out, err := g.run(append([]string{"config", "--null", "--list", "--show-origin"}, options...)...)
	if err != nil {
		return nil, err
	}
	fields := strings.Split(string(out), "\x00")
	var list []entry
	if !slices.Contains(options, "--show-scope") {
		for ; len(fields) >= 2; fields = fields[2:] {
			e := parseEntry(fields[1])
			e.origin = g.origin(fields[0])
			list = append(list, e)
		}
		return list, nil
	}
	for ; len(fields) >= 3; fields = fields[3:] {
		e := parseEntry(fields[2])
		e.scope, e.origin = fields[0], g.origin(fields[1])
		list = append(list, e)
	}
	return list, nil
}

// origin is git's origin of a value, but for variables, for which git prints "command line:".
// https://git-scm.com/docs/git-config#ENVIRONMENT
func (g *gitFile) origin(said string) string {
	var names []string
	for _, name := range []string{"GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"} {
		if g.env.Get(name) != "" {
			names = append(names, name)
		}
	}
	if strings.HasPrefix(said, "file:") || names == nil {
		return said
	}
	return variables + strings.Join(names, " ")
}

const variables = "variables:"

// parseEntry reads KEY LF VALUE; a key without a value, which means true, has no LF. A URL may have dots: the name is
// behind the last one.
func parseEntry(record string) entry {
	key, value, ok := strings.Cut(record, "\n")
	if !ok {
		value = "true"
	}
	e := entry{key: key, value: value}
	rest, ok := strings.CutPrefix(key, "credential.")
	if !ok {
		return e
	}
	e.key = ""
	if i := strings.LastIndexByte(rest, '.'); i >= 0 {
		e.url, rest = rest[:i], rest[i+1:]
	}
	e.name = rest
	return e
}

// values are the values of credential.URL.name for a target, in their order.
func values(entries []entry, t helpers.Target, name string) []string {
	var out []string
	for _, e := range entries {
		if e.url == t.String() && e.name == name {
			out = append(out, e.value)
		}
	}
	return out
}

// sameFile reports whether an entry is in the file that is edited.
func (g *gitFile) sameFile(e entry) bool {
	name, ok := strings.CutPrefix(e.origin, "file:")
	if !ok {
		return false
	}
	name = g.env.Abs(name)
	if name == g.path {
		return true
	}
	a, err := os.Stat(name)
	if err != nil {
		return false
	}
	b, err := os.Stat(g.path)
	return err == nil && os.SameFile(a, b)
}
