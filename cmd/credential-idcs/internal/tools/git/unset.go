package git

import (
	"bytes"
	"slices"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

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
		return nil, tool.Refuse("git config --file "+text.Word(g.path)+" --edit",
			"%s has several empty helpers for %s, and which one belongs to ours is not clear", tool.Clean(g.path), tool.Clean(t.String()))
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
		if (i == 0 || b[i-1] == '\n') && edit.EndsSection(b[i+len(section):]) {
			return i
		}
		from = i + 1
	}
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
		return tool.Refuse("git config --file "+text.Word(g.path)+" --edit", "%s can't be edited without changing more than our lines", tool.Clean(g.path))
	}
	return nil
}
