package people

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/doctor"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/signin"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

func doctorVerb() *verb {
	v := &verb{
		name: "doctor", usage: "[PROFILE] [--offline] [--json]", about: "look for what is wrong, and say what mends it",
		text: `
It looks at the configuration, keys, certificates and their modes, the domain
and its clock, the login, and what git, docker, kubectl and the other tools are
set to. The client's proof is really tried, by revoking a made-up token: nothing
is spent. Without PROFILE, and without a default, it looks at all profiles.

Each line is ok, warning or error, with the command that mends it below. Exit
status 1 if there is an error; warnings alone are 0.
`,
		limit: 1, follows: aProfile,
	}
	offline := v.switched("offline", "do not use the network")
	asJSON := v.switched("json", "print an array of objects: level, check, profile, message, command")
	v.run = func(ctx context.Context, a *app, operands []string) error {
		return a.diagnose(ctx, operand(operands), *offline, *asJSON)
	}
	return v
}

// diagnose looks at the profile that is named, or at all.
func (a *app) diagnose(ctx context.Context, profile string, offline, asJSON bool) error {
	path, err := a.ConfigPath(false)
	if err != nil {
		return err
	}
	var (
		d         = a.doctor(path)
		sheet     = doctor.Sheet{Out: a.Stdout, Color: a.Terminal(1) && a.colors()}
		worst     doctor.Level
		findings  []doctor.Finding
		unwritten error
		said      = map[doctor.Finding]bool{} // what holds for several profiles or tools is said once
	)
	d.Report = func(f doctor.Finding) {
		worst = max(worst, f.Level)
		f.Command = a.Typed(f.Command)
		line := f
		line.Check, line.Profile = "", "" // which are in JSON only
		switch {
		case asJSON:
			findings = append(findings, f)
		case unwritten == nil && !said[line]:
			said[line] = true
			unwritten = sheet.Write(f)
		}
	}
	file, loadErr := a.Load(false)
	profiles, err := a.configuration(d, file, loadErr, profile)
	if err != nil {
		return err
	}
	if file != nil {
		d.File, d.Others = file, file.Profiles
		if p, err := file.Choose(); err == nil {
			d.Unnamed = p.Name
		}
	}
	for _, p := range profiles {
		d.Profile(ctx, p, offline)
	}
	if file != nil && profile == "" {
		for _, path := range engine.Others(a.App) {
			d.Report(doctor.Finding{
				Level: doctor.Warning, Check: "login", Command: text.Remove(path),
				Text: text.Clean(path) + " holds a login of no profile here: of one that was changed or removed, or of another configuration",
			})
		}
	}
	d.Tools(ctx, profiles)
	if asJSON {
		b, err := doctor.JSON(findings)
		if err != nil {
			return err
		}
		if _, err := a.Stdout.Write(b); err != nil {
			return err
		}
	}
	if unwritten != nil {
		return unwritten
	}
	if worst == doctor.Error {
		return &helpers.Exit{Status: helpers.Internal.Exit()}
	}
	return nil
}

// configuration reports on the configuration file as it was loaded, and returns the profiles to look at.
func (a *app) configuration(d *doctor.Doctor, file *config.File, loadErr error, profile string) ([]*config.Profile, error) {
	problem := func(said, command string) {
		d.Report(doctor.Finding{Level: doctor.Error, Check: "configuration", Text: said, Command: command})
	}
	if loadErr != nil {
		f := helpers.AsFailure(loadErr)
		problem(f.Message, cmp.Or(f.Command, text.Edit(d.Config)))
		return nil, nil
	}
	if file.Missing || len(file.Profiles) == 0 {
		_, err := file.Choose()
		problem(err.Error(), "credential-idcs init")
		return nil, nil
	}
	profiles, err := a.profilesMeant(file, profile)
	if err != nil {
		return nil, err
	}
	if _, err := file.Published(); err != nil { // the controller's part, which no helper looks into
		problem(err.Error(), text.Edit(d.Config))
	} else {
		d.Report(doctor.Finding{Check: "configuration", Text: text.Clean(d.Config) + " is valid"})
	}
	if folder := filepath.Dir(d.Config); openToAll(folder) {
		problem(text.Clean(folder)+" can be changed by others, who can put another configuration there", text.Keep("o", folder))
	}
	return profiles, nil
}

// openToAll reports whether everybody can replace what lies in a folder.
func openToAll(folder string) bool {
	fi, err := os.Stat(folder)
	return err == nil && runtime.GOOS != "windows" && fi.Mode().Perm()&0o002 != 0 && fi.Mode()&fs.ModeSticky == 0
}

// profilesMeant is the profile that a person means, or all if nothing names one.
func (a *app) profilesMeant(file *config.File, operand string) ([]*config.Profile, error) {
	p, err := file.Choose(operand, a.Profile, a.Getenv("CREDENTIAL_IDCS_PROFILE"))
	if err == nil {
		return []*config.Profile{p}, nil
	}
	if unknown, ok := errors.AsType[*config.ProfileError](err); ok && unknown.Name == "" {
		return file.Profiles, nil
	}
	return nil, call.ExplainConfig(err)
}

// doctor makes a Doctor without its Report. path is the configuration.
func (a *app) doctor(path string) *doctor.Doctor {
	return &doctor.Doctor{
		Busy:    a.busy(),
		Engine:  a.engine,
		Target:  func(p *config.Profile, t *config.Target) (*engine.Engine, error) { return engine.For(a.App, p, t) },
		Explain: func(p *config.Profile, err error) *helpers.Failure { return call.Explain(p.Name, err) },
		Mend:    call.Mend,
		Advice: func(p *config.Profile, err error) string {
			return signin.Advice(err, methods.Setup(p, methodOf(p)))
		},
		EngineFiles: engineFiles(a.Home()),
		Proxy:       engine.EnvironmentProxy(a.Getenv), Now: a.Now, Getenv: a.Getenv, Environ: a.environment, Home: a.ToolHome(), Self: a.Program(), Config: path, Dir: a.Dir(),
		RunContainers: call.RunContainers(),
	}
}

// busy shows on a terminal what is being looked at; empty: nothing any more.
func (a *app) busy() func(what string) {
	line := a.Progress()
	return func(what string) {
		if what != "" {
			what += " …"
		}
		line.Show(what)
	}
}

// engineFiles is where docker's engine has its configuration, as root's and as the person's.
func engineFiles(home string) []string {
	files := []string{"/etc/docker/daemon.json"}
	if home != "" {
		files = append(files, filepath.Join(home, ".config", "docker", "daemon.json"))
	}
	return files
}

// colors reports whether a terminal may be written to in colour (https://no-color.org).
func (a *app) colors() bool { return a.Getenv("NO_COLOR") == "" && a.Getenv("TERM") != "dumb" }
