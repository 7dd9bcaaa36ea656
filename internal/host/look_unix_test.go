//go:build unix

package host

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func plant(t *testing.T, mode os.FileMode, names ...string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// What lies in the working directory, or in a folder that depends on it, is never run.
func TestOnlyAbsoluteFoldersOfPATHAreSearched(t *testing.T) {
	folder := plant(t, 0o755, "tool")
	t.Chdir(folder)
	for _, path := range []string{"", ".", ":", "..:./", filepath.Base(folder), "/nonexistent:."} {
		if got, err := Look(path, "tool"); !errors.Is(err, ErrNotFound) {
			t.Errorf("PATH=%q: got %q, %v", path, got, err)
		}
	}
	for _, name := range []string{"./tool", "sub/tool", "", "."} {
		if got, err := Look(folder, name); err == nil {
			t.Errorf("%q: got %q", name, got)
		}
	}
	want := filepath.Join(folder, "tool")
	for _, path := range []string{folder, ".:" + folder, "/nonexistent:" + folder + "/"} {
		if got, err := Look(path, "tool"); got != want || err != nil {
			t.Errorf("PATH=%q: got %q, %v, want %q", path, got, err, want)
		}
	}
	if got, err := Look("", folder+"//tool"); got != want || err != nil {
		t.Errorf("an absolute path: got %q, %v", got, err)
	}
}

func TestLookPassesWhatCannotBeRun(t *testing.T) {
	plain, right := plant(t, 0o644, "tool"), plant(t, 0o755, "tool")
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "tool"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := Look(plain+":"+folder+":"+right, "tool"); got != filepath.Join(right, "tool") || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := Look("", filepath.Join(plain, "tool")); !errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

func TestAChildGetsNoSecretAndNothingOfGitOrKubectl(t *testing.T) {
	environ := []string{"A=1", "SECRET=x", "GIT_DIR=/x", "KUBERNETES_EXEC_INFO={}", "SECRETS=1"}
	if got, want := ChildEnviron(environ, "SECRET"), []string{"A=1", "SECRETS=1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Without(environ, "SECRET", "A"), []string{"GIT_DIR=/x", "KUBERNETES_EXEC_INFO={}", "SECRETS=1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if ChildEnviron(nil) == nil || Without(nil) == nil {
		t.Error("nil stands for our own environment")
	}
}
