package tool

import (
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
)

// Link plans the link at path to this program, unless it is there. Another program of that name is
// replaced if overwrite says so; what is no link never is.
func (p *Plan) Link(env Env, path string, overwrite bool, again string) error {
	before, err := edit.ReadLink(path, env.Program)
	if err != nil {
		return failed(err)
	}
	if before != nil && !overwrite && !leadsToUs(string(before), path) {
		return Refuse(again, "%s is a link to another program: %s", Clean(path), Clean(string(before)))
	}
	p.Add(edit.LinkChange(path, before, []byte(env.Program)))
	return nil
}

// DropLink removes the link, if it is ours. tidy is how many of the folders above it are of our
// making: they go if they are empty.
func (p *Plan) DropLink(env Env, path string, tidy int) {
	before, err := edit.ReadLink(path, env.Program)
	if err != nil || before == nil || !leadsToUs(string(before), path) {
		return // what is no link isn't ours
	}
	c := edit.LinkChange(path, before, nil)
	c.Tidy = tidy
	p.Add(c)
}

// leadsToUs reports whether a link at path leads to this program: the one that runs, or one that was
// installed elsewhere. A hard link leads to itself once the program was replaced.
func leadsToUs(target, path string) bool {
	base := strings.TrimSuffix(filepath.Base(target), ".exe")
	if folder := filepath.Dir(path); target == path && filepath.Base(folder) == "keyring" && filepath.Base(filepath.Dir(folder)) == "credential-idcs" {
		return true // nothing else is put there
	}
	return base == "credential-idcs" || base != "keyring" && base == strings.TrimSuffix(filepath.Base(path), ".exe")
}
