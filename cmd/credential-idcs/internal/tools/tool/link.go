package tool

import (
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
)

// Link plans the link at path to this program, unless it exists. A link to another program is replaced only with overwrite;
// a file that is no link never is. again is the command for a refusal.
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

// DropLink plans to remove the link, if it is ours. tidy is how many of the folders above it we made: they are removed if
// they are empty.
func (p *Plan) DropLink(env Env, path string, tidy int) {
	before, err := edit.ReadLink(path, env.Program)
	if err != nil || before == nil || !leadsToUs(string(before), path) {
		return // a file that is no link isn't ours
	}
	c := edit.LinkChange(path, before, nil)
	c.Tidy = tidy
	p.Add(c)
}

// leadsToUs reports whether a link at path leads to this program, here or installed elsewhere. After the program was
// replaced, a hard link counts as a link to itself.
func leadsToUs(target, path string) bool {
	base := strings.TrimSuffix(filepath.Base(target), ".exe")
	if folder := filepath.Dir(path); target == path && filepath.Base(folder) == "keyring" && filepath.Base(filepath.Dir(folder)) == "credential-idcs" {
		return true // only we use this folder
	}
	return base == "credential-idcs" || base != "keyring" && base == strings.TrimSuffix(filepath.Base(path), ".exe")
}
