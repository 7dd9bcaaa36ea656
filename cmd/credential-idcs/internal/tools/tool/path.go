package tool

import (
	"path/filepath"

	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Find is the file that PATH has for a program, absolute and clean, links not resolved; empty if
// there is none.
func (e Env) Find(name string) string {
	file, err := host.Look(e.Get("PATH"), name)
	if err != nil {
		return ""
	}
	return file
}

// NeedOnPath refuses what would leave a tool with a helper that it can't find.
func (e Env) NeedOnPath(name string) error {
	if e.Find(name) != "" {
		return nil
	}
	dir := filepath.Dir(e.Program)
	command := text.Link(e.Program, filepath.Join(dir, name))
	if _, err := host.Look("", filepath.Join(dir, name)); err == nil {
		command = text.FirstOnPath(dir)
	}
	return Refuse(command, "%s is not on PATH", name)
}
