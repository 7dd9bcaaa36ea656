package doctor

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A place is a target of one of the profiles that are looked at.
type place struct {
	*config.Target
	profile *config.Profile
	set     bool // some tool asks us for it
}

// Tools looks at what git, docker, podman, kubectl and the others are set to for the profiles' targets.
func (d *Doctor) Tools(ctx context.Context, profiles []*config.Profile) {
	var places []*place
	for _, p := range profiles {
		for i := range p.Targets {
			places = append(places, &place{Target: &p.Targets[i], profile: p})
		}
	}
	tools := 0
	if path := d.look("git"); path != "" {
		tools++
		used := d.git(ctx, path, places)
		d.name("git-credential-idcs", "git", used)
	}
	used := false
	docker, podman := d.anyOf("docker", "crane", "oras", "helm"), d.anyOf("podman", "buildah", "skopeo")
	if docker != "" {
		tools++
		used = d.docker(ctx, docker, places)
	}
	if podman != "" {
		tools++
		used = d.podman(podman, places) || used
	}
	switch {
	case docker != "":
		d.name("docker-credential-idcs", docker, used)
	case podman != "":
		d.name("docker-credential-idcs", podman, used)
	}
	if path := d.look("kubectl"); path != "" {
		tools++
		d.kubectl(ctx, path, places)
	}
	tools += d.others(ctx, places)
	for _, t := range places {
		if !t.set && tools > 0 {
			d.warn(of(t.profile)+"no tool asks us for "+t.String(), d.configure(t, docker, podman))
		}
	}
}

// configure is the command for a target that nothing is set up for. Which tool it is for only a person
// knows: git is what most start with, and a target with a path can't be a registry's or a cluster's.
func (d *Doctor) configure(t *place, docker, podman string) string {
	tool := "kubectl"
	switch {
	case d.look("git") != "":
		tool = "git"
	case docker != "":
		tool = "docker"
	case podman != "":
		tool = "podman"
	}
	return setUp(tool, t.profile)
}

func setUp(tool string, p *config.Profile) string {
	return "credential-idcs configure " + tool + " --profile " + text.Word(p.Name)
}

// name looks for one of our names on PATH, where a tool will look for it. Missing, it is an error only
// if the tool is set to it.
func (d *Doctor) name(name, tool string, used bool) {
	found := d.look(name)
	if found == "" {
		report := d.warn
		if used {
			report = d.problem
		}
		report(name+" is not on PATH, where "+tool+" looks for it", d.reach(name))
		return
	}
	theirs, err := os.Stat(found)
	ours, err2 := os.Stat(d.Self)
	if err == nil && err2 == nil && !os.SameFile(theirs, ours) {
		d.warn(text.Clean(found)+", which "+tool+" runs, is not this program ("+text.Clean(d.Self)+")",
			"ln -sf "+text.Word(d.Self)+" "+text.Word(found))
		return
	}
	d.ok(tool + " finds " + text.Clean(found))
}

// reach puts a name of ours on PATH: the folder, if the name is there beside the program, else a link.
func (d *Doctor) reach(name string) string {
	folder := filepath.Dir(d.Self)
	if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
		return "export PATH=" + text.Word(folder) + ":\"$PATH\""
	}
	for _, dir := range filepath.SplitList(d.Getenv("PATH")) {
		if dir == folder {
			return "ln -s " + text.Word(d.Self) + " " + text.Word(filepath.Join(folder, name))
		}
	}
	return "./install.sh"
}

// isUs reports whether a command is this program by its name.
func isUs(command string) bool {
	switch strings.TrimSuffix(filepath.Base(command), ".exe") {
	case "credential-idcs", "kubectl-idcs":
		return true
	}
	return false
}
