// Package pip sets pip up.
package pip

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

const (
	pipMark    = "# written by credential-idcs configure pip\n"
	pipKey     = "keyring-provider"
	pipLine    = pipMark + pipKey + " = subprocess\n"
	pipSection = pipMark + "[global]\n" + pipKey + " = subprocess\n"
)

// Tool is pip.
type Tool struct{}

// Look reports what Plan and Undo would change.
func (t Tool) Look(ctx context.Context, s *tool.Survey) { tool.LookByPlan(ctx, s, t, "pip", false) }

// Plan plans keyring-provider = subprocess in pip's own configuration, and a link named keyring in a folder of ours: pip
// looks up that name in PATH. The folder isn't in PATH, since it would hide the real keyring from other programs; a note
// has how pip alone gets it.
// https://pip.pypa.io/en/stable/topics/authentication/#keyring-support
func (Tool) Plan(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	path, before, err := pipFile(env)
	if err != nil {
		return tool.Plan{}, err
	}
	link, err := keyringLink(env)
	if err != nil {
		return tool.Plan{}, err
	}
	after, err := addKeyring(before, in.Overwrite)
	var other tool.AnotherSetting
	if errors.As(err, &other) {
		return tool.Plan{}, tool.Refuse(in.Again("pip"), "%s has another %s: %s", tool.Clean(path), pipKey, tool.Clean(other.What))
	} else if err != nil {
		return tool.Plan{Print: strings.TrimPrefix(pipSection, pipMark)}, tool.Refuse("", "%s can't be edited (%s); paste the lines by hand", tool.Clean(path), err)
	}
	var p tool.Plan
	if err := p.Link(env, link, in.Overwrite, in.Again("pip")); err != nil {
		return tool.Plan{}, err
	}
	p.Add(edit.Change{Path: path, Before: before, After: after, View: tool.EndLine})
	const variable = "PIP_KEYRING_PROVIDER"
	if v := env.Get(variable); v != "" && v != "subprocess" {
		p.Note(text.Unset(variable), "the variable %s is set: pip takes what it holds instead", variable)
	}
	noteKeyring(env, &p, link)
	noteOptions(&p, in, path, after)
	const trusted = "PIP_TRUSTED_HOST"
	for host := range strings.FieldsSeq(env.Get(trusted)) {
		noteTrusted(&p, in, host, "the variable "+trusted, text.Unset(trusted))
	}
	return p, nil
}

// Undo plans to remove the lines, if configure wrote them, and the link.
func (Tool) Undo(_ context.Context, env tool.Env, _ tool.Request) (tool.Plan, error) {
	path, before, err := pipFile(env)
	if err != nil {
		return tool.Plan{}, err
	}
	link, err := keyringLink(env)
	if err != nil {
		return tool.Plan{}, err
	}
	after := dropKeyring(before)
	var p tool.Plan
	p.Add(edit.Change{Path: path, Before: before, After: after, View: tool.EndLine})
	p.DropLink(env, link, 2)
	if ini, err := edit.ParseINI(after); err == nil && len(p.Changes) > 0 {
		if i := slices.IndexFunc(ini, isKeyringProvider); i >= 0 && ini[i].Value == "subprocess" {
			p.Note("pip config unset global."+pipKey, "%s still has %s = subprocess, which was not written by configure", tool.Clean(path), pipKey)
		}
	}
	return p, nil
}

// pipFile is the file of `pip config --user`, or that of PIP_CONFIG_FILE: if that exists, pip does not read the person's.
// (configuration.py of https://github.com/pypa/pip.)
func pipFile(env tool.Env) (path string, content []byte, err error) {
	name := "pip.conf"
	if runtime.GOOS == "windows" {
		name = "pip.ini"
	}
	path = env.Get("PIP_CONFIG_FILE")
	if path == "/dev/null" || strings.EqualFold(path, "nul") {
		return "", nil, tool.Refuse(text.Unset("PIP_CONFIG_FILE"), "PIP_CONFIG_FILE=%s: pip reads no configuration", path)
	}
	if path != "" {
		path = env.Abs(path)
	}
	if path == "" || !edit.Exists(path) {
		dir, err := env.ConfigHome()
		if err != nil {
			return "", nil, err
		}
		if runtime.GOOS == "darwin" && !edit.Exists(filepath.Join(dir, "pip")) {
			if dir, err = env.InHome(".config"); err != nil {
				return "", nil, err
			}
		}
		path = filepath.Join(dir, "pip", name)
	}
	content, err = tool.Read(path)
	return path, content, err
}

// keyringLink is the path of the link that pip runs, in a folder with nothing else.
func keyringLink(env tool.Env) (string, error) {
	dir, err := env.DataHome()
	return filepath.Join(dir, "credential-idcs", "keyring", tool.Exe("keyring")), err
}

func addKeyring(b []byte, overwrite bool) ([]byte, error) {
	ini, err := edit.ParseINI(b)
	if err != nil {
		return nil, err
	}
	list := edit.Lines(b)
	if i := slices.IndexFunc(ini, isKeyringProvider); i >= 0 {
		switch o := ini[i]; {
		case o.Value == "subprocess":
			return b, nil
		case strings.Contains(o.Value, "\n"):
			return nil, edit.ErrNotINI
		case !overwrite:
			return nil, tool.AnotherSetting{What: o.Value}
		default:
			return edit.ReplaceLine(list, o.Line, strings.ReplaceAll(pipLine, "\n", edit.Ending(b))), nil
		}
	}
	i := slices.IndexFunc(ini, func(o edit.INIOption) bool { return o.Section == "global" && o.Key == "" })
	switch {
	case i < 0:
		return edit.AppendLines(b, pipSection), nil
	case ini[i].Line == len(list)-1:
		return edit.AppendLines(b, pipLine), nil
	}
	return edit.ReplaceLine(list, ini[i].Line, list[ini[i].Line]+strings.ReplaceAll(pipLine, "\n", edit.Ending(b))), nil
}

// dropKeyring removes our lines, and the section with them unless a person has added something to it.
func dropKeyring(b []byte) []byte {
	section := strings.ReplaceAll(pipSection, "\n", edit.Ending(b))
	if i := edit.LineIndex(b, section); i >= 0 && !edit.EndsSection(b[i+len(section):]) {
		return edit.Splice(b, edit.At(i, i+len(section)), "[global]"+edit.Ending(b))
	}
	for _, block := range []string{pipSection, pipLine} {
		if rest := edit.CutLines(b, block); len(rest) != len(b) {
			return rest
		}
	}
	return b
}

func isKeyringProvider(o edit.INIOption) bool { return o.Section == "global" && o.Key == pipKey }
