package configure

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A Registries is what docker and podman are to be told.
type Registries struct {
	Profile string
	Targets []helpers.Listed // the profile's
	Hosts   []string         // HOST[:PORT] as typed; none: all targets that have no path
	// Overwrite replaces another helper that a host has. Undo ignores it.
	Overwrite bool
}

const dockerHelper = "docker-credential-idcs"

// Docker plans credHelpers["host[:port]"] = "idcs" in docker's config.json.
func Docker(env Env, in Registries) (Plan, error) {
	path, err := dockerFile(env)
	if err != nil {
		return Plan{}, err
	}
	p, hosts, err := planHelpers(env, in, path, "docker")
	if err != nil {
		return Plan{}, err
	}
	if env.get("DOCKER_AUTH_CONFIG") != "" && len(hosts) > 0 {
		p.note("unset DOCKER_AUTH_CONFIG", "DOCKER_AUTH_CONFIG is set: docker takes what it holds for a registry before it asks a helper")
	}
	return p, nil
}

// Podman plans the same in the auth.json of podman, buildah and skopeo.
func Podman(env Env, in Registries) (Plan, error) {
	path, err := podmanFile(env)
	if err != nil {
		return Plan{}, err
	}
	p, hosts, err := planHelpers(env, in, path, "podman")
	if err != nil {
		return Plan{}, err
	}
	noteRuntimeFile(env, &p, path, hosts)
	return p, nil
}

// UndoDocker plans the way back: for Hosts, which need not be targets any more, else for all
// targets. Only the value "idcs" is removed.
func UndoDocker(env Env, in Registries) (Plan, error) {
	path, err := dockerFile(env)
	if err != nil {
		return Plan{}, err
	}
	return undoHelpers(in, path)
}

// UndoPodman is UndoDocker for podman's file.
func UndoPodman(env Env, in Registries) (Plan, error) {
	path, err := podmanFile(env)
	if err != nil {
		return Plan{}, err
	}
	return undoHelpers(in, path)
}

// dockerFile: https://docs.docker.com/reference/cli/docker/#configuration-files
func dockerFile(env Env) (string, error) {
	if dir := env.get("DOCKER_CONFIG"); dir != "" {
		return filepath.Join(env.abs(dir), "config.json"), nil
	}
	return env.home(".docker", "config.json")
}

// podmanFile is the one that lasts: the default of podman login, in $XDG_RUNTIME_DIR, is gone after
// a reboot. containers-auth.json(5).
func podmanFile(env Env) (string, error) {
	if file := env.get("REGISTRY_AUTH_FILE"); file != "" {
		return env.abs(file), nil
	}
	if dir := env.get("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "containers", "auth.json"), nil
	}
	return env.home(".config", "containers", "auth.json")
}

func planHelpers(env Env, in Registries, path, tool string) (Plan, []helpers.Target, error) {
	if err := env.needOnPath(dockerHelper); err != nil {
		return Plan{}, nil, err
	}
	var p Plan
	hosts, err := registries(in, tool, &p)
	if err != nil {
		return Plan{}, nil, err
	}
	before, err := read(path)
	if err != nil {
		return Plan{}, nil, err
	}
	after := before
	for _, h := range hosts {
		after, err = addHelper(after, h.HostPort(), in.Overwrite)
		var other otherHelper
		if errors.As(err, &other) {
			return Plan{}, nil, refuse(configureCommand(tool, h, in.Profile), "%s has another helper for %s: %s",
				clean(path), h.HostPort(), clean(other.name))
		} else if err != nil {
			return Plan{}, nil, refuse("", "%s can't be edited: %s", clean(path), err)
		}
	}
	p.add(Change{Path: path, Before: before, After: after, view: hideSecrets, context: 3})
	for _, h := range hosts {
		if staleAuth(after, h) {
			p.note(logoutCommand(tool, path, h), "%s still holds a password for %s", clean(path), h.HostPort())
		}
	}
	return p, hosts, nil
}

func configureCommand(tool string, h helpers.Target, profile string) string {
	c := "credential-idcs configure " + tool + " --overwrite " + text.Word(h.HostPort())
	if profile != "" {
		c += " --profile " + text.Word(profile)
	}
	return c
}

// registries is which hosts are meant. Registries are addressed by host alone, so a target with a
// path can't be one: left out where all targets are meant, refused where it was named.
func registries(in Registries, tool string, p *Plan) ([]helpers.Target, error) {
	var out []helpers.Target
	if len(in.Hosts) == 0 {
		for _, l := range in.Targets {
			if l.Target.Path() != "" {
				p.aside("%s is left out: %s names registries by host only, and this target has a path", clean(l.Target.String()), tool)
			} else {
				out = append(out, l.Target)
			}
		}
		return out, nil
	}
	for _, typed := range in.Hosts {
		h, err := helpers.ParseServer(typed)
		if err != nil {
			return nil, &helpers.Failure{Class: helpers.Usage, Message: clean(typed) + " is no registry's host: " + err.Error(), Err: err}
		}
		if err := isTarget(h, in, tool); err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

func isTarget(h helpers.Target, in Registries, tool string) error {
	narrowed := ""
	for _, l := range in.Targets {
		if l.Target.SameOrigin(h) && l.Target.Path() == "" {
			return nil
		} else if l.Target.SameOrigin(h) {
			narrowed = l.Target.String()
		}
	}
	if narrowed != "" {
		return &helpers.Failure{Class: helpers.NotConfigured,
			Message: clean(narrowed) + " has a path, and " + tool + " names registries by host only"}
	}
	return &helpers.Failure{Class: helpers.NotConfigured,
		Message: h.String() + " is not a target of profile " + clean(in.Profile)}
}

// staleAuth is whether the file also holds a password for a host. The entry without content that
// docker leaves behind a login through a helper is none.
func staleAuth(b []byte, h helpers.Target) bool {
	d := jsonDoc{b}
	root, err := d.root()
	if err != nil {
		return false
	}
	at := root.index("auths")
	if at < 0 || !root.members[at].isObject {
		return false
	}
	auths, err := d.object(root.members[at].value.from)
	if err != nil {
		return false
	}
	for _, m := range auths.members {
		t, err := helpers.ParseServer(strings.TrimPrefix(m.name, "http://"))
		if err != nil || t != h || !m.isObject {
			continue
		}
		if entry, err := d.object(m.value.from); err != nil || len(entry.members) > 0 {
			return true
		}
	}
	return false
}

// logoutCommand removes a password from a file. podman looks into the one of its last login only, unless
// it is told.
func logoutCommand(tool, path string, h helpers.Target) string {
	if tool == "podman" {
		return "podman logout --authfile " + text.Word(path) + " " + text.Word(h.HostPort())
	}
	return tool + " logout " + text.Word(h.HostPort())
}

// runtimeFile is where podman's own logins lie, for as long as the machine runs.
func runtimeFile(env Env) string {
	if dir := env.get("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(env.abs(dir), "containers", "auth.json")
	}
	if env.RunContainers == "" {
		return ""
	}
	return filepath.Join(env.RunContainers, "auth.json")
}

// noteRuntimeFile tells of the file that is asked before ours: the first of podman's files that has
// anything for a host decides.
func noteRuntimeFile(env Env, p *Plan, path string, hosts []helpers.Target) {
	earlier := runtimeFile(env)
	if earlier == "" || env.get("REGISTRY_AUTH_FILE") != "" {
		return
	}
	b, err := read(earlier)
	if err != nil || b == nil || earlier == path {
		return
	}
	for _, h := range hosts {
		if staleAuth(b, h) {
			p.note(logoutCommand("podman", earlier, h), "%s comes first and holds a password for %s", clean(earlier), h.HostPort())
		}
		if _, err := addHelper(b, h.HostPort(), false); errors.As(err, new(otherHelper)) {
			p.note("REGISTRY_AUTH_FILE="+text.Word(earlier)+" "+configureCommand("podman", h, ""),
				"%s comes first and has another helper for %s", clean(earlier), h.HostPort())
		}
	}
}

func undoHelpers(in Registries, path string) (Plan, error) {
	var keys []string
	for _, typed := range in.Hosts {
		h, err := helpers.ParseServer(typed)
		if err != nil {
			return Plan{}, &helpers.Failure{Class: helpers.Usage, Message: clean(typed) + " is no registry's host: " + err.Error(), Err: err}
		}
		keys = append(keys, h.HostPort())
	}
	if len(in.Hosts) == 0 {
		for _, l := range in.Targets {
			if l.Target.Path() == "" {
				keys = append(keys, l.Target.HostPort())
			}
		}
	}
	before, err := read(path)
	if err != nil {
		return Plan{}, err
	}
	after := before
	for _, k := range keys {
		if after, err = dropHelper(after, k); err != nil {
			return Plan{}, refuse("", "%s can't be edited: %s", clean(path), err)
		}
	}
	var p Plan
	p.add(Change{Path: path, Before: before, After: after, view: hideSecrets, context: 3})
	return p, nil
}
