package git

import (
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// refuseUser refuses a user name in git's configuration that isn't the target's: our helper answers only for the target's.
// git uses the first name that applies.
func (g *gitFile) refuseUser(walk []entry, l helpers.Listed) error {
	for _, e := range walk {
		if e.name != userKey || e.key != "" || !covers(e.url, l.Target) {
			continue
		}
		if e.value == l.Username || !l.Named {
			return nil // without a configured user name the helper answers for any
		}
		return tool.Refuse(unsetCommand(e), "%s sets the user name %s for %s, but the profile's is %s",
			where(e), tool.Clean(e.value), tool.Clean(l.Target.String()), tool.Clean(l.Username))
	}
	return nil
}

// refuseLater refuses a setting in a file that git reads after ours, by which another helper would get our token, or ours
// would be removed.
func (g *gitFile) refuseLater(walk []entry, t helpers.Target) error {
	end := g.end(walk)
	if i := spoils(walk[end:], t); i >= 0 {
		e := walk[end+i]
		return tool.Refuse(unsetCommand(e), "%s sets %s for %s after ours", where(e), tool.Clean(settingName(e)), tool.Clean(t.String()))
	}
	return nil
}

// followed reports whether a setting after our pair, in the same file or in one that it includes, spoils it: then ours has
// to move to the end.
func (g *gitFile) followed(walk, entries []entry, t helpers.Target) bool {
	isOurs := func(e entry) bool { return e.url == t.String() && e.name == helperKey && isOurHelper(e.value) }
	if spoils(entries[lastIndex(entries, isOurs)+1:], t) >= 0 {
		return true
	}
	before := walk[:g.end(walk)] // without this file, if git doesn't read it here (--file)
	from := lastIndex(before, func(e entry) bool { return isOurs(e) && g.sameFile(e) })
	return from >= 0 && spoils(before[from+1:], t) >= 0
}

// end is the index in the walk of the end of our file. Included files are read in the middle of a file and have its scope,
// so for git's own files the end of the scope is the end of the file.
func (g *gitFile) end(walk []entry) int {
	if g.scope == "" {
		if i := lastIndex(walk, g.sameFile); i >= 0 {
			return i + 1
		}
		return len(walk) // git doesn't read it here: nothing comes after it
	}
	order := []string{"system", "global", "local", "worktree", "command"}
	mine := slices.Index(order, g.scope)
	for i, e := range walk {
		if slices.Index(order, e.scope) > mine {
			return i
		}
	}
	return len(walk)
}

// spoils is the index of the first entry that spoils our pair for t: another helper, which would get our token; an empty
// one, which removes ours; a useHttpPath of false. -1: none. Helpers of a part of t that begin with an empty value are a
// person's decision for that part, and get no token of ours.
func spoils(entries []entry, t helpers.Target) int {
	cut := map[string]bool{}
	for i, e := range entries {
		if e.key != "" || !touches(e.url, t) {
			continue
		}
		switch {
		case e.name == pathKey && t.Path() != "" && covers(e.url, t) && !isTrue(e.value):
			return i
		case e.name != helperKey || isOurHelper(e.value) || cut[e.url]:
		case e.value == "" && !covers(e.url, t):
			cut[e.url] = true
		case e.value == "" && followedByOurs(entries[i+1:], e.url, t):
			// our pair for a wider target, or for this one
		default:
			return i
		}
	}
	return -1
}

// followedByOurs reports whether the next helper of that URL is ours.
func followedByOurs(entries []entry, url string, t helpers.Target) bool {
	for _, e := range entries {
		if e.key == "" && e.name == helperKey && touches(e.url, t) {
			return e.url == url && isOurHelper(e.value)
		}
	}
	return false
}

func isTrue(v string) bool {
	switch strings.ToLower(v) {
	case "true", "yes", "on", "1":
		return true
	}
	return false
}

func lastIndex(entries []entry, f func(entry) bool) int {
	for i := len(entries) - 1; i >= 0; i-- {
		if f(entries[i]) {
			return i
		}
	}
	return -1
}

func where(e entry) string {
	if name, ok := strings.CutPrefix(e.origin, "file:"); ok {
		return tool.Clean(name)
	}
	if names, ok := strings.CutPrefix(e.origin, variables); ok {
		return strings.ReplaceAll(names, " ", " or ")
	}
	return "git's " + strings.TrimSuffix(tool.Clean(e.origin), ":")
}

func settingName(e entry) string {
	s := "credential."
	if e.url != "" {
		s += e.url + "."
	}
	if e.name == pathKey {
		return s + "useHttpPath"
	}
	return s + e.name
}

// unsetCommand is the command that removes a setting.
func unsetCommand(e entry) string {
	if name, ok := strings.CutPrefix(e.origin, "file:"); ok {
		return "git config --file " + text.Word(name) + " --unset-all " + text.Word(settingName(e))
	}
	return elsewhereCommand(e)
}

// elsewhereCommand is the command that removes, or else shows, a setting that is in no file.
func elsewhereCommand(e entry) string {
	if names, ok := strings.CutPrefix(e.origin, variables); ok {
		return text.Unset(strings.Fields(names)...)
	}
	return "git config --list --show-origin"
}
