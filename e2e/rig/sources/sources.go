// Package sources lets go test know what a test depends on that builds the program in a process of its
// own.
package sources

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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
		case isSource(path):
			_, err = os.Stat(path)
			return err
		}
		return nil
	})
}

// isSource reports whether a program may be made of a file.
func isSource(path string) bool {
	switch filepath.Ext(path) {
	case ".go", ".s", ".html", ".css", ".mod", ".sum":
		return true
	}
	return filepath.Base(filepath.Dir(path)) == "completion"
}
