package configure

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const (
	pipMark    = "# written by credential-idcs configure pip\n"
	pipKey     = "keyring-provider"
	pipLine    = pipMark + pipKey + " = subprocess\n"
	pipSection = pipMark + "[global]\n" + pipKey + " = subprocess\n"
)

// Pip plans keyring-provider = subprocess in pip's own configuration, and a link named keyring in a folder
// of ours: the name by which pip looks for a program on PATH. The folder is on nobody's PATH, since a
// program of that name would hide the real keyring from all others; the note says how pip alone gets it.
// https://pip.pypa.io/en/stable/topics/authentication/#keyring-support
func Pip(_ context.Context, env Env, in Request) (Plan, error) {
	path, before, err := pipFile(env)
	if err != nil {
		return Plan{}, err
	}
	link, err := keyringLink(env)
	if err != nil {
		return Plan{}, err
	}
	after, err := addKeyring(before, in.Overwrite)
	var other anotherSetting
	if errors.As(err, &other) {
		return Plan{}, refuse(in.again("pip"), "%s has another %s: %s", clean(path), pipKey, clean(other.what))
	} else if err != nil {
		return Plan{Print: strings.TrimPrefix(pipSection, pipMark)}, refuse("", "%s can't be edited (%s); paste the lines by hand", clean(path), err)
	}
	var p Plan
	if err := p.planLink(env, link, in.Overwrite, in.again("pip")); err != nil {
		return Plan{}, err
	}
	p.add(Change{Path: path, Before: before, After: after, view: endLine})
	const variable = "PIP_KEYRING_PROVIDER"
	if v := env.get(variable); v != "" && v != "subprocess" {
		p.note("unset "+variable, "the variable %s is set: pip takes what it holds instead", variable)
	}
	noteKeyring(env, &p, link)
	noteOptions(&p, in, path, after)
	return p, nil
}

// UndoPip plans the way back: the lines go, if configure wrote them, and the link.
func UndoPip(_ context.Context, env Env, _ Request) (Plan, error) {
	path, before, err := pipFile(env)
	if err != nil {
		return Plan{}, err
	}
	link, err := keyringLink(env)
	if err != nil {
		return Plan{}, err
	}
	after := dropKeyring(before)
	var p Plan
	p.add(Change{Path: path, Before: before, After: after, view: endLine})
	if err := p.dropLink(link, 2); err != nil {
		return Plan{}, err
	}
	if ini, err := parseINI(after); err == nil && len(p.Changes) > 0 {
		if i := slices.IndexFunc(ini, isKeyringProvider); i >= 0 && ini[i].value == "subprocess" {
			p.note("pip config unset global."+pipKey, "%s keeps %s = subprocess, which was not written by configure", clean(path), pipKey)
		}
	}
	return p, nil
}

// pipFile is the file of `pip config --user`, or the one that PIP_CONFIG_FILE names: if that is there,
// pip does not read the person's. (configuration.py of https://github.com/pypa/pip.)
func pipFile(env Env) (path string, content []byte, err error) {
	name := "pip.conf"
	if runtime.GOOS == "windows" {
		name = "pip.ini"
	}
	path = env.get("PIP_CONFIG_FILE")
	if path == "/dev/null" || strings.EqualFold(path, "nul") {
		return "", nil, refuse("unset PIP_CONFIG_FILE", "PIP_CONFIG_FILE=%s: pip reads no configuration", path)
	}
	if path != "" {
		path = env.abs(path)
	}
	if path == "" || !exists(path) {
		dir, err := env.configHome()
		if err != nil {
			return "", nil, err
		}
		if runtime.GOOS == "darwin" && !exists(filepath.Join(dir, "pip")) {
			if dir, err = env.home(".config"); err != nil {
				return "", nil, err
			}
		}
		path = filepath.Join(dir, "pip", name)
	}
	content, err = read(path)
	return path, content, err
}

// keyringLink is the program that pip runs, in a folder that holds nothing else.
func keyringLink(env Env) (string, error) {
	dir, err := env.dataHome()
	return filepath.Join(dir, "credential-idcs", "keyring", exe("keyring")), err
}

func addKeyring(b []byte, overwrite bool) ([]byte, error) {
	ini, err := parseINI(b)
	if err != nil {
		return nil, err
	}
	list := lines(b)
	if i := slices.IndexFunc(ini, isKeyringProvider); i >= 0 {
		switch o := ini[i]; {
		case o.value == "subprocess":
			return b, nil
		case strings.Contains(o.value, "\n"):
			return nil, errNotINI
		case !overwrite:
			return nil, anotherSetting{o.value}
		default:
			return replaceLine(list, o.line, strings.ReplaceAll(pipLine, "\n", ending(b))), nil
		}
	}
	i := slices.IndexFunc(ini, func(o iniOption) bool { return o.section == "global" && o.key == "" })
	switch {
	case i < 0:
		return appendLines(b, pipSection), nil
	case ini[i].line == len(list)-1:
		return appendLines(b, pipLine), nil
	}
	return replaceLine(list, ini[i].line, list[ini[i].line]+strings.ReplaceAll(pipLine, "\n", ending(b))), nil
}

// dropKeyring takes our lines away, and the section with them unless something has come into it since.
func dropKeyring(b []byte) []byte {
	section := strings.ReplaceAll(pipSection, "\n", ending(b))
	if i := lineIndex(b, section); i >= 0 && !endsSection(b[i+len(section):]) {
		return splice(b, span{i, i + len(section)}, "[global]"+ending(b))
	}
	for _, block := range []string{pipSection, pipLine} {
		if rest := cutLines(b, block); len(rest) != len(b) {
			return rest
		}
	}
	return b
}

func isKeyringProvider(o iniOption) bool { return o.section == "global" && o.key == pipKey }
