package doctor

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// An authFile is what docker's config.json and podman's auth.json have in common.
type authFile struct {
	path    string
	Helpers map[string]string          `json:"credHelpers"`
	Auths   map[string]json.RawMessage `json:"auths"`
	Store   string                     `json:"credsStore"` // docker's file only
}

// readAuth reads one; nil where there is none, or it can't be read, which is said.
func (d *Doctor) readAuth(path string) *authFile {
	b, err := os.ReadFile(path)
	if err != nil {
		if !os.IsNotExist(err) {
			d.warn(text.Clean(path)+" can't be read", "ls -l "+text.Word(path))
		}
		return nil
	}
	f := &authFile{path: path}
	if len(b) > 0 && json.Unmarshal(b, f) != nil { // what the JSON package says may quote it
		d.problem(text.Clean(path)+" is not JSON with credHelpers and auths as objects", Edit(path))
		return nil
	}
	return f
}

// stored is whether a password for a registry lies in the file. docker leaves an empty object where a
// helper has it.
func (f *authFile) stored(host string) bool {
	for _, key := range []string{host, "https://" + host, "https://" + host + "/"} {
		var entry map[string]any
		if raw, ok := f.Auths[key]; ok && json.Unmarshal(raw, &entry) == nil && len(entry) > 0 {
			return true
		}
	}
	return false
}

// docker looks into docker's file, which crane, oras and helm read too (cli/config/configfile of
// github.com/docker/cli): a helper for the host comes before everything else in it.
func (d *Doctor) docker(ctx context.Context, tool string, places []*place) (used bool) {
	folder := d.Getenv("DOCKER_CONFIG")
	if folder == "" && d.Home != "" {
		folder = filepath.Join(d.Home, ".docker")
	}
	if folder == "" {
		return false
	}
	f := d.readAuth(filepath.Join(folder, "config.json"))
	if f == nil {
		return false
	}
	if f.Store == "idcs" {
		d.warn("docker has us for every registry (credsStore in "+text.Clean(f.path)+"), and so can't keep a password for any other: take that line out", Edit(f.path))
	}
	for _, t := range places {
		if d.registry(f, tool, "docker", t) {
			used = true
		}
	}
	if used && d.Getenv("DOCKER_AUTH_CONFIG") != "" {
		d.warn("the variable DOCKER_AUTH_CONFIG is set: docker takes what it holds before it asks us", "unset DOCKER_AUTH_CONFIG")
	}
	d.helm(ctx, f, places)
	return used
}

// helm looks into helm's own file, where `helm registry login` keeps passwords. helm turns to docker's
// only for a registry that isn't there.
func (d *Doctor) helm(ctx context.Context, dockers *authFile, places []*place) {
	helm := d.look("helm")
	if helm == "" {
		return
	}
	path, status := d.output(ctx, helm, "env", "HELM_REGISTRY_CONFIG")
	if path = strings.TrimSpace(path); status != 0 || !filepath.IsAbs(path) {
		return // older than 3.7, or not that helm
	}
	f := d.readAuth(path)
	if f == nil {
		return
	}
	for _, t := range places {
		if host := t.HostPort(); dockers.Helpers[host] == "idcs" && f.stored(host) {
			d.warn("helm takes the password for "+host+" in "+text.Clean(f.path)+" before it asks us", "helm registry logout "+text.Word(host))
		}
	}
}

// podman looks through the files of podman, buildah and skopeo: the first that knows the host decides
// (containers-auth.json(5)).
func (d *Doctor) podman(tool string, places []*place) (used bool) {
	var files []*authFile
	for _, path := range d.podmanFiles() {
		if f := d.readAuth(path); f != nil {
			files = append(files, f)
		}
	}
	for _, t := range places {
		host := t.HostPort()
		for i, f := range files {
			if f.Helpers[host] == "" && !f.stored(host) {
				continue
			}
			later := func(f *authFile) bool { return f.Helpers[host] == "idcs" }
			if f.Helpers[host] == "" && slices.ContainsFunc(files[i+1:], later) {
				d.warn(tool+" takes the password for "+host+" in "+text.Clean(f.path)+" before it asks us", logout("podman", f.path, host))
				break
			}
			if d.registry(f, tool, "podman", t) {
				used = true
			}
			break
		}
	}
	return used
}

func (d *Doctor) podmanFiles() []string {
	if path := d.Getenv("REGISTRY_AUTH_FILE"); path != "" {
		return []string{path}
	}
	var list []string
	if dir := d.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		list = append(list, filepath.Join(dir, "containers", "auth.json"))
	} else if d.RunContainers != "" {
		list = append(list, filepath.Join(d.RunContainers, "auth.json"))
	}
	if dir := d.Getenv("XDG_CONFIG_HOME"); dir != "" {
		list = append(list, filepath.Join(dir, "containers", "auth.json"))
	} else if d.Home != "" {
		list = append(list, filepath.Join(d.Home, ".config", "containers", "auth.json"))
	}
	if dir := d.Getenv("DOCKER_CONFIG"); dir != "" {
		list = append(list, filepath.Join(dir, "config.json"))
	} else if d.Home != "" {
		list = append(list, filepath.Join(d.Home, ".docker", "config.json"))
	}
	return list
}

// registry judges what a file says of a target. It reports whether we are asked for it. A target with
// a path is no registry: the tools name hosts only.
func (d *Doctor) registry(f *authFile, tool, family string, t *place) bool {
	if t.Path() != "" {
		return false
	}
	host := t.HostPort()
	helper := f.Helpers[host]
	if helper == "" && family == "docker" && f.Store == "idcs" {
		helper = f.Store
	}
	if helper == "" {
		d.misspelled(f, tool, family, t)
		if t.set || !f.stored(host) {
			return false
		}
		d.warn(tool+" has a password of its own for "+host+", in "+text.Clean(f.path), setUp(family, t.profile))
		return false
	}
	if helper != "idcs" {
		d.warn(tool+" asks another helper for "+host+": "+text.Clean(helper)+", set in "+text.Clean(f.path),
			setUp(family+" "+text.Word(host), t.profile)+" --overwrite")
		return false
	}
	t.set = true
	right := true
	if path := d.insecure(family, host); path != "" {
		d.warn(tool+" doesn't check who answers at "+host+" (insecure-registries in "+text.Clean(path)+"), so anybody may get the token", "sudo "+Edit(path))
		right = false
	}
	if f.stored(host) {
		d.warn("an old password for "+host+" still lies in "+text.Clean(f.path), logout(family, f.path, host))
		right = false
	}
	if right {
		d.ok(tool + " asks us for " + host)
	}
	return true
}

// logout is the command that removes a password from a file. podman looks into the one of its last login
// only, unless it is told.
func logout(family, path, host string) string {
	if family == "podman" {
		return "podman logout --authfile " + text.Word(path) + " " + text.Word(host)
	}
	return family + " logout " + text.Word(host)
}

// misspelled finds a key of credHelpers that names the target, but not as an image's name does: it is
// never looked up.
func (d *Doctor) misspelled(f *authFile, tool, family string, t *place) {
	for key, helper := range f.Helpers {
		named, err := helpers.ParseServer(key)
		if err == nil && helper == "idcs" && key != t.HostPort() && named.SameOrigin(t.Target.Target) {
			d.warn(tool+" never looks up the key "+text.Clean(key)+" of credHelpers in "+text.Clean(f.path)+": it must be "+t.HostPort(),
				setUp(family, t.profile))
		}
	}
}

// insecure is the file that lets docker's engine talk to a registry without looking at its certificate,
// or without TLS at all; empty: none does. https://docs.docker.com/reference/cli/dockerd/#insecure-registries
func (d *Doctor) insecure(family, host string) string {
	if family != "docker" {
		return ""
	}
	for _, path := range d.EngineFiles {
		var engine struct {
			Insecure []string `json:"insecure-registries"`
		}
		b, err := os.ReadFile(path)
		if err == nil && json.Unmarshal(b, &engine) == nil && slices.Contains(engine.Insecure, host) {
			return path
		}
	}
	return ""
}
