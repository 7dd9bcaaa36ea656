// Package sources lets go test know what a test depends on that builds the program in a process of its
// own.
package sources

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Look looks at every source file of the module around the working directory. go test keeps a result
// as long as the files stay the same that the test has looked at, and it doesn't see what a child
// reads: without this a change of the program would leave its end-to-end tests "(cached)".
func Look() error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(root)
		if parent == root {
			return errors.New("no go.mod above the working directory")
		}
		root = parent
	}
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return fs.SkipDir
		case strings.HasSuffix(path, ".go"), d.Name() == "go.mod", d.Name() == "go.sum", strings.Contains(path, "completion"+string(filepath.Separator)):
			_, err = os.Stat(path)
			return err
		}
		return nil
	})
}
