package host

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// ErrNotFound is what Look returns for a program that no folder of PATH has.
var ErrNotFound = errors.New("not on PATH")

// Look returns the file that path, which is PATH's value, has for a program: absolute and clean, links
// not resolved. Only absolute folders count: what lies in the working directory isn't ours to run. A
// name that is an absolute path already is returned if it can be run. The error is ErrNotFound, or
// what the system says of an absolute path.
func Look(path, name string) (string, error) {
	if filepath.IsAbs(name) {
		return runnable(filepath.Clean(name))
	}
	if filepath.Base(name) != name {
		return "", ErrNotFound
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if file, err := runnable(filepath.Join(dir, name)); err == nil {
			return file, nil
		}
	}
	return "", ErrNotFound
}

// runnable is a file that can be run: itself, on Windows also with one of the endings that may be left out.
func runnable(file string) (string, error) {
	err := mayRun(file)
	if err == nil && (runtime.GOOS != "windows" || filepath.Ext(file) != "") {
		return file, nil
	}
	if runtime.GOOS == "windows" {
		for _, ending := range []string{".exe", ".com", ".bat", ".cmd"} {
			if mayRun(file+ending) == nil {
				return file + ending, nil
			}
		}
		if err == nil {
			err = fs.ErrNotExist
		}
	}
	return "", err
}

// mayRun reports why a file can't be run by us, or nil.
func mayRun(file string) error {
	fi, err := os.Stat(file)
	switch {
	case err != nil:
		return err
	case !fi.Mode().IsRegular():
		return fs.ErrPermission
	}
	return access(file, fi.Mode())
}

// programPath is the program as PATH finds it under one of its names, links not resolved, since that name
// outlives an upgrade; else the file that runs. krew installs kubectl-idcs alone, as a link into a folder
// of this version.
func programPath(names ...string) string {
	running, err := os.Executable()
	if err != nil {
		return ""
	}
	for _, name := range names {
		if found, err := Look(os.Getenv("PATH"), name); err == nil {
			a, errA := os.Stat(found)
			b, errB := os.Stat(running)
			if errA == nil && errB == nil && os.SameFile(a, b) {
				return found
			}
		}
	}
	return running
}

// Without returns an environment without some variables: what a tool gets that is only asked for its
// own settings. It is never nil, which would stand for ours.
func Without(environ []string, names ...string) []string {
	return reduced(environ, func(name string) bool { return contains(names, name) })
}

// ChildEnviron is Without for every other child: it also lacks what kubectl told us about a cluster, and
// git's settings.
func ChildEnviron(environ []string, names ...string) []string {
	return reduced(environ, func(name string) bool {
		git := len(name) >= 4 && SameVariable(name[:4], "GIT_")
		return git || SameVariable(name, "KUBERNETES_EXEC_INFO") || contains(names, name)
	})
}

func reduced(environ []string, hidden func(name string) bool) []string {
	env := []string{}
	for _, v := range environ {
		if name, _, _ := strings.Cut(v, "="); !hidden(name) {
			env = append(env, v)
		}
	}
	return env
}

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return SameVariable(n, name) })
}

// SameVariable compares the names of two variables as the system does: on Windows a letter may be
// written either way.
func SameVariable(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b)
}
