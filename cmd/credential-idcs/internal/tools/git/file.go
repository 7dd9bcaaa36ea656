package git

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
)

// gitFile is one file of git's, and a temporary folder in which git edits copies of it.
type gitFile struct {
	ctx    context.Context
	env    tool.Env
	git    string // git's path
	path   string // the file, absolute
	scope  string // "global", "local", or empty for --file
	before []byte
	value  string // the helper that Plan writes
	temp   string
}

func newGit(ctx context.Context, env tool.Env, in tool.Request) (*gitFile, error) {
	env.Home = gitHome(env)
	g := &gitFile{ctx: ctx, env: env, git: env.Find("git")}
	if g.git == "" {
		return nil, tool.Refuse("", "git is not on PATH")
	}
	var err error
	if err = g.locate(in); err != nil {
		return nil, err
	}
	if g.before, err = tool.Read(g.path); err != nil {
		return nil, err
	}
	if g.temp, err = os.MkdirTemp("", "credential-idcs-"); err != nil {
		return nil, tool.Fault("the temporary folder", "write", err)
	}
	return g, nil
}

// gitHome is the home directory as git finds it: on Windows HOME, else the one on a drive that is there, else the
// person's profile. compat/mingw.c of https://github.com/git/git.
func gitHome(env tool.Env) string {
	if runtime.GOOS != "windows" {
		return env.Home
	}
	if home := env.Get("HOME"); home != "" {
		// Git Bash tells its programs /c/Users/ana in Windows' words; from elsewhere it may come as it is.
		if len(home) > 2 && home[0] == '/' && home[2] == '/' && !edit.Exists(env.Abs(home)) {
			if there := home[1:2] + ":" + home[2:]; edit.Exists(there) {
				home = there
			}
		}
		return env.Abs(home)
	}
	if home := env.DriveHome(); edit.Exists(home) {
		return env.Abs(home)
	}
	return env.Home
}

func (g *gitFile) close() { _ = os.RemoveAll(g.temp) }

// locate finds the file as git config does, "FILES" in https://git-scm.com/docs/git-config: for
// --global ~/.gitconfig, but $XDG_CONFIG_HOME/git/config if only that exists.
func (g *gitFile) locate(in tool.Request) error {
	switch {
	case in.File != "":
		g.path = g.env.Abs(in.File)
		return nil
	case in.Local:
		g.scope = "local"
		out, err := g.run("rev-parse", "--git-path", "config")
		if err != nil {
			return err
		}
		g.path = g.env.Abs(string(bytes.TrimSuffix(out, []byte("\n"))))
		return nil
	}
	g.scope = "global"
	if file := g.env.Get("GIT_CONFIG_GLOBAL"); file != "" {
		g.path = g.env.Abs(file)
		return nil
	}
	home, err := g.env.InHome(".gitconfig")
	if err != nil {
		return err
	}
	xdg := filepath.Join(g.env.Home, ".config", "git", "config")
	if dir := g.env.Get("XDG_CONFIG_HOME"); dir != "" {
		xdg = filepath.Join(g.env.Abs(dir), "git", "config")
	}
	g.path = home
	if !edit.Exists(home) && edit.Exists(xdg) {
		g.path = xdg
	}
	return nil
}
