package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/credential-idcs/credential-idcs/fleet"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// load reads the configuration with its [[publish]] tables. Every error is a *failure.
func (a *app) load() (*config.File, []config.Publish, error) {
	if a.config == "" {
		return nil, nil, misuse("--config is missing", "credential-idcs-controller help")
	}
	path, err := filepath.Abs(a.config)
	if err != nil {
		return nil, nil, err
	}
	f, err := config.Load(path, a.home())
	if err != nil {
		return nil, nil, mistake(err)
	}
	if f.Missing {
		return nil, nil, &failure{status: exitConfiguration, message: "there is no configuration file " + text.Clean(path)}
	}
	published, err := f.Published()
	if err != nil {
		return nil, nil, mistake(err)
	}
	if len(published) == 0 {
		return nil, nil, &failure{status: exitConfiguration, message: text.Clean(filepath.Base(path)) + " has no [[publish]]: there is nothing to do"}
	}
	a.file = f
	return f, published, nil
}

func (a *app) home() string {
	if h := a.Getenv("HOME"); filepath.IsAbs(h) {
		return h
	}
	return ""
}

func mistake(err error) error {
	f := &failure{status: exitConfiguration, message: err.Error(), err: err}
	if file, ok := errors.AsType[*config.FileError](err); ok {
		mode := file.Mode.Perm()
		switch file.Problem {
		case config.ReadableByOthers:
			f.command = "chmod 600 " + text.Word(file.Path.Full)
		case config.WritableByOthers:
			f.command = fmt.Sprintf("chmod %o %s", uint32(mode&^fs.FileMode(0o022)), text.Word(file.Path.Full))
		}
	}
	return f
}

// publications are the [[publish]] tables as package fleet needs them.
func publications(published []config.Publish) []fleet.Publication {
	list := make([]fleet.Publication, 0, len(published))
	for _, p := range published {
		f := fleet.Publication{
			Profile: p.Profile.Name, Namespace: p.Namespace, Name: p.Secret, Kind: fleet.Kind(p.Type),
			Username: p.Username, Labels: p.Labels, Annotations: p.Annotations,
		}
		for _, t := range p.Targets {
			switch p.Type {
			case config.PublishDocker:
				f.Logins = append(f.Logins, fleet.Login{Host: t.HostPort(), Username: t.Username, Part: partOf(&t)})
			case config.PublishArgoCD:
				f.URL = t.String()
			case config.PublishArgoCDHelm:
				f.URL = t.HostPort() + t.Path()
			}
		}
		list = append(list, f)
	}
	return list
}

// partOf is the name of the part of the state with a target's credential; empty: it gets the profile's own token. A
// registry of Oracle's has a credential of its own.
func partOf(t *config.Target) string {
	if t.Kind == config.KindOCIR {
		return t.String()
	}
	return ""
}

// parts are the parts that a profile's Secrets need, each once. own: one of the Secrets needs the profile's own token.
func parts(p *config.Profile, published []config.Publish) (names []string, own bool) {
	for _, pub := range published {
		if pub.Profile != p {
			continue
		}
		own = own || pub.Type == config.PublishToken
		for i := range pub.Targets {
			name := partOf(&pub.Targets[i])
			own = own || name == ""
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, own
}

// profiles are the profiles of the published Secrets, each once, in the order of the file.
func profiles(f *config.File, published []config.Publish) (list []*config.Profile) {
	used := map[*config.Profile]bool{}
	for _, p := range published {
		used[p.Profile] = true
	}
	for _, p := range f.Profiles {
		if used[p] {
			list = append(list, p)
		}
	}
	return list
}
