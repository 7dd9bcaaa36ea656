package tool

import (
	"path/filepath"

	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Find is a program's file in PATH, absolute and clean, links not resolved; empty: there is none.
func (e Env) Find(name string) string {
	file, err := host.Look(e.Get("PATH"), name)
	if err != nil {
		return ""
	}
	return file
}

// NeedOnPath is the refusal if a helper isn't on PATH, where the tool would look for it.
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
