package tool

import (
	"os"
	"path/filepath"
	"runtime"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Find is the file that PATH has for a program, absolute and clean, links not resolved; empty if
// there is none. Relative parts of PATH don't count: what they find depends on the folder that one
// happens to stand in.
func (e Env) Find(name string) string {
	for _, dir := range filepath.SplitList(e.Get("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if file := filepath.Join(dir, name); executable(file) {
			return file
		} else if runtime.GOOS == "windows" && executable(file+".exe") {
			return file + ".exe"
		}
	}
	return ""
}

func executable(file string) bool {
	fi, err := os.Stat(file)
	return err == nil && fi.Mode().IsRegular() && (runtime.GOOS == "windows" || fi.Mode()&0o111 != 0)
}

// NeedOnPath refuses what would leave a tool with a helper that it can't find.
func (e Env) NeedOnPath(name string) error {
	if e.Find(name) != "" {
		return nil
	}
	dir := filepath.Dir(e.Program)
	command := "ln -s credential-idcs " + text.Word(filepath.Join(dir, name))
	if executable(filepath.Join(dir, name)) {
		command = `export PATH=` + text.Word(dir) + `:"$PATH"`
	}
	return Refuse(command, "%s is not on PATH", name)
}
