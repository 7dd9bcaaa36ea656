package configure

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

const (
	bazelHelper = "bazel-credential-idcs"
	bazelOption = "--credential_helper"
)

// Bazel plans, for each host of the targets, a line
//
//	common --credential_helper=git.example.com=/home/ana/.local/bin/bazel-credential-idcs
//
// at the end of ~/.bazelrc, which Bazel reads behind a workspace's. Bazel names hosts, without port and
// path: what is no target there gets our error. https://bazel.build/run/bazelrc;
// https://bazel.build/reference/command-line-reference#flag--credential_helper
func Bazel(_ context.Context, env Env, in Request) (Plan, error) {
	if err := env.needOnPath(bazelHelper); err != nil {
		return Plan{}, err
	}
	program := filepath.ToSlash(env.find(bazelHelper)) // a \ would quote the letter behind it
	if text.Word(program) != program {
		return Plan{}, refuse("", "Bazel can't be told of %s: its path may hold plain characters only", clean(program))
	}
	var p Plan
	targets, err := in.named()
	if err != nil {
		return Plan{}, err
	}
	hosts := bazelHosts(targets, &p)
	path, before, err := bazelrc(env)
	if err != nil {
		return Plan{}, err
	}
	after := before
	for _, host := range hosts {
		list := lines(after)
		if continued(list) || loneCR(after) {
			return Plan{}, refuse("", "%s can't be edited: it ends in a \\, or has a CR that ends no line", clean(path))
		}
		i, now := bazelLine(list, host)
		switch {
		case i < 0:
			after = appendLines(after, "common "+bazelOption+"="+host+"="+program+"\n")
		case now == program:
		case !in.Overwrite && !isBazelHelper(now):
			return Plan{}, refuse(in.again("bazel"), "%s has another credential helper for %s: %s", clean(path), clean(host), clean(now))
		default:
			after = replaceLine(list, i, strings.Replace(list[i], host+"="+now, host+"="+program, 1))
		}
	}
	p.add(Change{Path: path, Before: before, After: after, view: endLine})
	return p, nil
}

// UndoBazel plans the way back: the lines as we write them go, those of hosts that were typed or all.
func UndoBazel(_ context.Context, env Env, in Request) (Plan, error) {
	path, before, err := bazelrc(env)
	if err != nil {
		return Plan{}, err
	}
	targets, err := in.typed()
	if err != nil {
		return Plan{}, err
	}
	var p Plan
	after := before
	for _, host := range bazelHosts(targets, new(Plan)) {
		list := lines(after)
		i, now := bazelLine(list, host)
		line := "common " + bazelOption + "=" + host + "=" + now
		switch {
		case i < 0 || !isBazelHelper(now):
		case strings.TrimRight(list[i], "\r\n") == line:
			after = cutLines(after, line+"\n")
		default:
			p.note("", "%s keeps a credential helper of %s that was not written by configure", clean(path), clean(host))
		}
	}
	p.add(Change{Path: path, Before: before, After: after, view: endLine})
	return p, nil
}

func bazelrc(env Env) (path string, content []byte, err error) {
	if path, err = env.home(".bazelrc"); err != nil {
		return "", nil, err
	}
	content, err = read(path)
	return path, content, err
}

// bazelHosts are the hosts of the targets, each once.
func bazelHosts(targets []helpers.Target, p *Plan) []string {
	var hosts []string
	for _, t := range targets {
		host, port := splitPort(t.HostPort())
		if strings.HasPrefix(host, "[") {
			p.aside("%s is left out: Bazel knows no credential helper of an IPv6 address", clean(t.String()))
			continue
		}
		if port != "" || t.Path() != "" {
			p.aside("Bazel names hosts only: at %s what is not %s gets an error", host, clean(t.String()))
		}
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// bazelLine is the last line that sets a helper for a host, and the helper; -1: there is none.
func bazelLine(list []string, host string) (i int, helper string) {
	for i = len(list) - 1; i >= 0; i-- {
		words := strings.Fields(list[i])
		for j, w := range words {
			if strings.HasPrefix(w, "#") {
				break
			}
			value, joined := strings.CutPrefix(w, bazelOption+"=")
			if w == bazelOption && j+1 < len(words) {
				value, joined = words[j+1], true
			}
			if helper, ok := strings.CutPrefix(strings.Trim(value, `"'`), host+"="); ok && joined {
				return i, helper
			}
		}
	}
	return -1, ""
}

// continued is whether the last line goes on in a next one.
func continued(list []string) bool {
	return len(list) > 0 && strings.HasSuffix(strings.TrimRight(list[len(list)-1], "\r\n"), `\`)
}

func isBazelHelper(path string) bool {
	return strings.TrimSuffix(path[strings.LastIndexAny(path, `/\`)+1:], ".exe") == bazelHelper
}
