package git

import (
	"bytes"
	"regexp"
	"slices"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// unset removes our section. If it is as we wrote it, it is cut out byte for byte; if git or a person has moved our values,
// git removes them.
func (g *gitFile) unset(b []byte, t helpers.Target) ([]byte, error) {
	if !bytes.Contains(b, []byte(ours)) {
		return b, nil // without running git
	}
	entries, err := g.entries(b)
	if err != nil {
		return nil, err
	}
	written := slices.DeleteFunc(values(entries, t, helperKey), func(v string) bool { return !isWritten(v) })
	slices.Sort(written)
	for _, value := range slices.Compact(written) {
		for _, withPath := range []bool{true, false} {
			section, err := g.section(t, value, withPath)
			if err != nil {
				return nil, err
			}
			b = cutSection(b, section)
		}
	}
	if entries, err = g.entries(b); err != nil {
		return nil, err
	}
	helpersOf := values(entries, t, helperKey)
	i := slices.IndexFunc(helpersOf, isWritten)
	if i < 1 || helpersOf[i-1] != "" {
		return b, nil // none, or one that we didn't write
	}
	value := helpersOf[i]
	if count(helpersOf, "") != 1 || len(slices.DeleteFunc(slices.Clone(helpersOf), func(v string) bool { return !isWritten(v) })) != 1 {
		return nil, tool.Refuse("git config --file "+text.Word(g.path)+" --edit",
			"%s has several empty helpers for %s, and which one belongs to ours is not clear", tool.Clean(g.path), tool.Clean(t.String()))
	}
	key := "credential." + t.String() + "."
	commands := [][]string{{"--unset", key + helperKey, "^$"}, {"--unset", key + helperKey, "^" + regexp.QuoteMeta(value) + "$"}}
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
		return e.url == t.String() && (e.name == helperKey && (e.value == "" || e.value == value) || e.name == pathKey && dropPath)
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

// sectionAt is the offset of the section, at the beginning of a line and without anything that a person has added: after it
// and perhaps comments the text ends or another section begins.
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

// prove compares the new text with the old one, as git reads both: it must have all entries that aren't gone, in their
// order, and then those that were added.
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
