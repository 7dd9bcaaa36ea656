package people

import (
	"context"
	"errors"
	"strings"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

func sealVerb() *verb {
	return &verb{
		name: "seal", usage: "[PROFILE]", about: "write stored tokens as the configuration's seal says",
		text: `
For tokens that were stored before seal was set, or changed; without a profile,
of all profiles. It doesn't use the network. The file of before may still lie on
the disk or in a backup: credential-idcs refresh makes its refresh token
worthless.
`,
		limit: 1, follows: aProfile, run: seal,
	}
}

func unlockVerb() *verb {
	return &verb{
		name: "unlock", about: "make the key of sealed tokens available",
		text: `
With seal = "kernel" there is nothing to unlock: the kernel has the key, or it
is gone with a reboot or after seal_timeout, and only a login helps.
`,
		run: unlock,
	}
}

func lockVerb() *verb {
	return &verb{
		name: "lock", about: "take the key of sealed tokens away until unlock",
		text: `
With seal = "kernel" the kernel's key is the only one, so this is refused:
credential-idcs logout ends the login.
`,
		run: lock,
	}
}

func seal(ctx context.Context, a *app, operands []string) error {
	profiles, err := a.meant(operand(operands))
	if err != nil {
		return err
	}
	for _, p := range profiles {
		e, err := a.engine(p)
		if err != nil {
			return err
		}
		switch changed, err := e.Reseal(ctx); {
		case isWriting(err): // nothing is lost, and what mends it may come by itself
			f := call.Explain(p.Name, err)
			f.Class = helpers.Temporary
			return f
		case err != nil:
			return call.Explain(p.Name, err)
		case changed && a.File.Seal == "":
			a.Say("credential-idcs: profile " + p.Name + ": the tokens lie in the open now\n")
		case changed:
			a.Say("credential-idcs: profile " + p.Name + ": sealed; the file of before may still be on the disk, this makes its refresh token worthless\n" +
				"\tcredential-idcs refresh " + text.Word(p.Name) + "\n")
		default:
			a.Say("credential-idcs: profile " + p.Name + ": nothing to do\n")
		}
	}
	return nil
}

func isWriting(err error) bool {
	sealed, ok := errors.AsType[*cache.SealedError](err)
	return ok && sealed.Writing
}

// meant is the profile that was named, or all.
func (a *app) meant(name string) ([]*config.Profile, error) {
	if name != "" || a.Profile != "" {
		p, err := a.chosen(name)
		return []*config.Profile{p}, err
	}
	file, err := a.Load(false)
	if err != nil {
		return nil, err
	}
	return file.Profiles, nil
}

// sealed are the profiles whose stored tokens are sealed, and the first error of one that can't be opened, a
// lost key before a locked one.
func (a *app) sealed() (names []string, problem error) {
	profiles, err := a.meant("")
	if err != nil {
		return nil, err
	}
	for _, p := range profiles {
		e, err := a.engine(p)
		if err != nil {
			return nil, err
		}
		v := e.View()
		if v.Seal == "none" {
			continue
		}
		names = append(names, p.Name)
		if v.Problem != nil && (problem == nil || v.State != "locked") {
			problem = call.Explain(p.Name, v.Problem)
		}
	}
	return names, problem
}

func unlock(_ context.Context, a *app, _ []string) error {
	names, err := a.sealed()
	if f, ok := errors.AsType[*helpers.Failure](err); ok && f.Class == helpers.LoginNeeded {
		f.Class = helpers.Internal // it isn't a credential that was asked for
		return f
	}
	switch {
	case err != nil:
		return err
	case len(names) == 0:
		a.Say("credential-idcs: nothing is sealed\n")
	default:
		a.Say("credential-idcs: the key is there, for " + strings.Join(names, ", ") + "\n")
	}
	return nil
}

func lock(_ context.Context, a *app, _ []string) error {
	names, err := a.sealed()
	switch {
	case err != nil:
		return err
	case len(names) == 0:
		a.Say("credential-idcs: nothing is sealed\n")
		return nil
	}
	return &helpers.Failure{
		Class:   helpers.Internal,
		Message: "the kernel has the only key of the sealed tokens: taking it away would end the login",
		Command: "credential-idcs logout " + text.Word(names[0]),
	}
}
