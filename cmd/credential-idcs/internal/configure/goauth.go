package configure

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	goKey     = "GOAUTH"
	goCommand = "credential-idcs goauth"
	// goLine is our line where there was none. Without one go reads ~/.netrc, so that stays; the way
	// back knows by the missing space that nothing stood here.
	goLine = goKey + "=" + goCommand + ";netrc\n"
)

// Go plans GOAUTH in the file of `go env -w`. The commands that stand in it stay, behind ours: where two
// know an address, go takes the first. `go env -w` itself would sort the lines and write in place.
// `go help goauth`; cmd/go/internal/auth of https://github.com/golang/go.
func Go(_ context.Context, env Env, in Request) (Plan, error) {
	if err := env.needOnPath("credential-idcs"); err != nil {
		return Plan{}, err
	}
	path, before, err := goEnv(env)
	if err != nil {
		return Plan{}, err
	}
	after, err := addGoAuth(before, in.Overwrite)
	var other anotherSetting
	if errors.As(err, &other) {
		return Plan{}, refuse(in.again("go"), "%s has %s, which allows no other command", clean(path), other)
	} else if err != nil {
		return Plan{}, refuse("", "%s can't be edited: %s", clean(path), err)
	}
	var p Plan
	p.add(Change{Path: path, Before: before, After: after, view: endLine})
	if v := env.get(goKey); v != "" && !slices.ContainsFunc(strings.Split(v, ";"), isGoCommand) {
		p.note("unset "+goKey, "the variable %s is set: go takes what it holds instead", goKey)
	}
	if v := goVersion(env); v != "" {
		p.note("", "%s does not know %s: Go 1.24 does", clean(v), goKey)
	}
	return p, nil
}

// UndoGo plans the way back: our command goes out of GOAUTH.
func UndoGo(_ context.Context, env Env, _ Request) (Plan, error) {
	path, before, err := goEnv(env)
	if err != nil {
		return Plan{}, err
	}
	var p Plan
	p.add(Change{Path: path, Before: before, After: dropGoAuth(before), view: endLine})
	return p, nil
}

// goEnv is the file of `go env -w`, as the go command finds it.
func goEnv(env Env) (path string, content []byte, err error) {
	switch path = env.get("GOENV"); {
	case path == "off":
		return "", nil, refuse("unset GOENV", "GOENV=off: go reads no file of settings")
	case path != "":
		path = env.abs(path)
	default:
		dir, err := env.configHome()
		if err != nil {
			return "", nil, err
		}
		path = filepath.Join(dir, "go", "env")
	}
	content, err = read(path)
	return path, content, err
}

// lastGoAuth is the line that counts, of several the last, and its value; -1: there is none.
func lastGoAuth(list []string) (i int, value string) {
	for i = len(list) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(list[i], goKey+"="); ok {
			return i, strings.TrimSuffix(v, "\n")
		}
	}
	return -1, ""
}

func addGoAuth(b []byte, overwrite bool) ([]byte, error) {
	list := lines(b)
	i, value := lastGoAuth(list)
	if i < 0 || value == "" { // an empty value is none
		return appendBlock(b, goLine, "\n"), nil // a CR would belong to the value
	}
	commands := strings.Split(value, ";")
	switch {
	case slices.ContainsFunc(commands, func(c string) bool { return strings.TrimSpace(c) == "" }):
		return nil, errors.New(goKey + " has an empty command, with which go stops")
	case slices.ContainsFunc(commands, isGoCommand):
		return b, nil
	case strings.TrimSpace(value) != "off":
		return replaceLine(list, i, strings.Replace(list[i], "=", "="+goCommand+"; ", 1)), nil
	case !overwrite:
		return nil, anotherSetting{goKey + "=off"}
	}
	return replaceLine(list, i, strings.Replace(list[i], value, goCommand, 1)), nil
}

func dropGoAuth(b []byte) []byte {
	list := lines(b)
	i, value := lastGoAuth(list)
	if i < 0 {
		return b
	}
	if list[i] == goLine || list[i] == strings.TrimSuffix(goLine, "\n") {
		return cutBlock(b, goLine, "\n")
	}
	if rest, ok := strings.CutPrefix(value, goCommand+"; "); ok {
		return replaceLine(list, i, strings.Replace(list[i], value, rest, 1))
	}
	commands := strings.Split(value, ";")
	rest := slices.DeleteFunc(slices.Clone(commands), isGoCommand)
	switch len(rest) {
	case len(commands):
		return b
	case 0:
		return cutBlock(b, strings.TrimSuffix(list[i], "\n")+"\n", "\n")
	}
	return replaceLine(list, i, strings.Replace(list[i], value, strings.TrimSpace(strings.Join(rest, ";")), 1))
}

// isGoCommand is whether a command of GOAUTH is ours, under whatever path and with whatever profile.
func isGoCommand(command string) bool {
	words := strings.Fields(command)
	return len(words) > 1 && strings.TrimSuffix(filepath.Base(words[0]), ".exe") == "credential-idcs" && slices.Contains(words, "goauth")
}

// goVersion is that of the go on PATH, if it is too old for GOAUTH. It stands in a file of every
// release; the command itself would write its telemetry into the person's folders.
func goVersion(env Env) string {
	program, err := filepath.EvalSymlinks(env.find("go"))
	if err != nil {
		return ""
	}
	b, err := read(filepath.Join(filepath.Dir(filepath.Dir(program)), "VERSION"))
	if err != nil {
		return ""
	}
	version, _, _ := strings.Cut(string(b), "\n")
	minor, ok := strings.CutPrefix(version, "go1.")
	minor, _, _ = strings.Cut(minor, ".")
	if n, err := strconv.Atoi(minor); !ok || err != nil || n >= 24 {
		return ""
	}
	return version
}
