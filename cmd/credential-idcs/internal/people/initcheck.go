package people

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/doctor"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/newprofile"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// checkOptions checks the values of the options before the first question. Its error names the option.
func (a *app) checkOptions(d *newprofile.Profile, file *config.File) error {
	if _, err := file.Profile(d.Name); err == nil {
		return initFailed(&newprofile.ExistsError{Name: d.Name, Path: file.Path})
	}
	mistake, ok := errors.AsType[*config.Error](d.Check(file.Path, a.Home()))
	if !ok {
		return nil // another error shows when it is written
	}
	word, rest, _ := strings.Cut(mistake.Reason, " ")
	key := strings.TrimSuffix(word, ":")
	switch {
	case key == "targets":
		word = strings.Replace(word, "targets", "--target", 1)
	case key == "principal":
		word = "--oci"
	case key == "profile":
		word = "--oci-profile"
	case d.Field(key) != nil:
		word = "--" + strings.ReplaceAll(word, "_", "-")
	}
	return &helpers.Failure{Class: helpers.Config, Message: "init: " + word + " " + rest, Command: "credential-idcs help init", Err: mistake}
}

// missing are the required options that have no value yet.
func missing(d *newprofile.Profile) []string {
	var names []string
	if d.Login == config.OCILogin {
		if len(d.Targets)+len(d.Clusters) == 0 {
			names = append(names, "--target or --oke")
		}
		return names
	}
	for _, o := range []struct{ name, value string }{
		{"--domain", d.Domain}, {"--client-id", d.ClientID}, {"--login", d.Login},
	} {
		if o.value == "" {
			names = append(names, o.name)
		}
	}
	if len(d.Targets) == 0 {
		names = append(names, "--target")
	}
	return names
}

// initFailed explains why nothing was written.
func initFailed(err error) error {
	var exists *newprofile.ExistsError
	var system *fs.PathError
	var mistake *config.Error
	switch {
	case errors.As(err, &exists):
		return &helpers.Failure{Class: helpers.Config, Message: text.Clean(err.Error()) + "; it stays as it is",
			Command: "credential-idcs init NAME", Err: err}
	case errors.As(err, &system):
		return &helpers.Failure{Class: helpers.Config, Message: text.Clean(err.Error()), Err: err}
	case errors.As(err, &mistake): // in what was to be written, so there is no line of a file to mend
		return &helpers.Failure{Class: helpers.Config, Message: "init: " + mistake.Reason, Command: "credential-idcs help init", Err: err}
	}
	return call.ExplainConfig(err)
}

// firstLook reports what is wrong with the new profile, and returns the command that mends the first error. init
// doesn't fail for that: a secret may come later.
func (a *app) firstLook(ctx context.Context, p *config.Profile, path string, offline bool) (first string) {
	d := a.doctor(path)
	sheet := doctor.Sheet{Out: a.Stderr, Color: a.Terminal(2) && a.colors()}
	d.Report = func(f doctor.Finding) {
		f.Command = a.Typed(f.Command)
		if f.Level != doctor.OK {
			_ = sheet.Write(f)
		}
		if f.Level == doctor.Error && first == "" {
			first = f.Command
		}
	}
	if file, err := a.Load(false); err == nil {
		d.File = file
	}
	if p.Login == config.OCILogin {
		d.Profile(ctx, p, offline)
		return first
	}
	d.Settings(ctx, p, offline)
	return first
}

// unserved reports, before anything is written, the targets that accept no token of the profile's, and returns the
// command for the first.
func (a *app) unserved(d *newprofile.Profile) (first string) {
	p := &config.Profile{Name: d.Name}
	if d.Principal != "" {
		p.OCI = &config.OCI{}
	}
	sheet := doctor.Sheet{Out: a.Stderr, Color: a.Terminal(2) && a.colors()}
	for _, listed := range d.Targets {
		t, err := helpers.ParseTarget(listed.URL)
		if err != nil {
			continue // d.Add reports it
		}
		if err := call.Unserved(p, &config.Target{Target: t, Kind: config.KindOf(t)}); err != nil {
			f := helpers.AsFailure(err)
			command := a.Typed(f.Command)
			_ = sheet.Write(doctor.Finding{Level: doctor.Error, Text: f.Message, Command: command})
			first = cmp.Or(first, command)
		}
	}
	return first
}
