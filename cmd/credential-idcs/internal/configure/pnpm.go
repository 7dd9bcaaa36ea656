package configure

import (
	"context"
	"runtime"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

const pnpmHelper = "pnpm-token-idcs"

// Pnpm plans, for each target, a line
//
//	//npm.example.com/:tokenHelper=/home/ana/.local/bin/pnpm-token-idcs
//
// at the end of the person's own .npmrc, the only one in which pnpm takes it. pnpm says nothing to the
// helper, not even the host, so it answers with the profile that counts where nobody names one; another
// profile's targets are refused. https://pnpm.io/npmrc
func Pnpm(_ context.Context, env Env, in Request) (Plan, error) {
	if err := env.needOnPath(pnpmHelper); err != nil {
		return Plan{}, err
	}
	if in.Default != in.Profile {
		return Plan{}, &helpers.Failure{Class: helpers.Config, Message: "pnpm can't name a profile, so its token is that of the default one, which profile " +
			clean(in.Profile) + ` is not (write default = "` + clean(in.Profile) + `" into the configuration)`}
	}
	program := env.find(pnpmHelper)
	// pnpm hands it to a shell, and .npmrc has comments behind # and ;.
	if runtime.GOOS != "windows" && text.Word(program) != program {
		return Plan{}, refuse("", "pnpm can't run %s: its path may hold plain characters only", clean(program))
	}
	targets, err := in.named()
	if err != nil {
		return Plan{}, err
	}
	path, before, err := npmrc(env)
	if err != nil {
		return Plan{}, err
	}
	after := before
	if loneCR(before) || slices.ContainsFunc(lines(before), func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), "[") }) {
		return Plan{}, refuse("", "%s can't be edited: it has sections, or a CR that ends no line", clean(path))
	}
	for _, t := range targets {
		key := tokenHelperKey(t)
		list := lines(after)
		i := npmrcLine(list, key)
		switch {
		case i < 0:
			after = appendLines(after, key+"="+program+"\n")
		case npmrcValue(list[i]) == program:
		case !in.Overwrite && !isPnpmHelper(npmrcValue(list[i])):
			return Plan{}, refuse(in.again("pnpm"), "%s has another token helper for %s: %s", clean(path), t.HostPort(), clean(npmrcValue(list[i])))
		default:
			ending := list[i][len(strings.TrimRight(list[i], "\r\n")):]
			after = replaceLine(list, i, key+"="+program+ending)
		}
	}
	var p Plan
	p.add(Change{Path: path, Before: before, After: after, view: endLine})
	const variable = "CREDENTIAL_IDCS_PROFILE"
	if v := env.get(variable); v != "" && v != in.Profile {
		p.note("unset "+variable, "the variable %s is set: pnpm gets the token of that profile instead", variable)
	}
	return p, nil
}

// UndoPnpm plans the way back: the lines with our helper go, those of hosts that were typed or all.
func UndoPnpm(_ context.Context, env Env, in Request) (Plan, error) {
	path, before, err := npmrc(env)
	if err != nil {
		return Plan{}, err
	}
	targets, err := in.typed()
	if err != nil {
		return Plan{}, err
	}
	after := before
	for _, t := range targets {
		list := lines(after)
		if i := npmrcLine(list, tokenHelperKey(t)); i >= 0 && isPnpmHelper(npmrcValue(list[i])) {
			after = cutLines(after, strings.TrimRight(list[i], "\r\n")+"\n")
		}
	}
	var p Plan
	p.add(Change{Path: path, Before: before, After: after, view: endLine})
	return p, nil
}

// npmrc is the person's file, as npm and pnpm find it: variables of npm's are of any case.
func npmrc(env Env) (path string, content []byte, err error) {
	for _, v := range env.Vars {
		if name, value, _ := strings.Cut(v, "="); strings.EqualFold(name, "npm_config_userconfig") && value != "" {
			path = env.abs(value)
		}
	}
	if path == "" {
		if path, err = env.home(".npmrc"); err != nil {
			return "", nil, err
		}
	}
	content, err = read(path)
	return path, content, err
}

func tokenHelperKey(t helpers.Target) string {
	return "//" + t.HostPort() + t.Path() + "/:tokenHelper"
}

// npmrcLine is the last line with a key: the one that counts; -1: there is none.
func npmrcLine(list []string, key string) int {
	for i := len(list) - 1; i >= 0; i-- {
		if k, _, ok := strings.Cut(list[i], "="); ok && strings.TrimSpace(k) == key {
			return i
		}
	}
	return -1
}

func npmrcValue(line string) string {
	_, v, _ := strings.Cut(line, "=")
	return strings.TrimSpace(v)
}

func isPnpmHelper(path string) bool {
	return strings.TrimSuffix(path[strings.LastIndexAny(path, `/\`)+1:], ".exe") == pnpmHelper
}
