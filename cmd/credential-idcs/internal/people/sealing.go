package people

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
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
With seal = "keyring" this opens the keyring, which asks for its password, also
where nothing is sealed yet, and a tool found it locked.
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
With seal = "keyring" the kernel's copy of the key is deleted. The next call
gets another while the keyring is open, so lock that, too. With seal = "kernel"
the kernel's key is the only one, so this is refused: credential-idcs logout
ends the login.
`,
		run: lock,
	}
}

func seal(ctx context.Context, a *app, operands []string) error {
	profiles, err := a.meant(operand(operands))
	if err != nil {
		return err
	}
	var worst error
	for _, p := range profiles {
		if err := a.sealOne(ctx, p); err != nil {
			if worst != nil {
				a.Say(helpers.AsFailure(worst).Lines())
			}
			worst = err
		}
	}
	return worst
}

func (a *app) sealOne(ctx context.Context, p *config.Profile) error {
	engines, err := a.stores(p)
	if err != nil {
		return err
	}
	wrote := false
	for _, e := range engines {
		changed, err := e.Reseal(ctx)
		if err != nil {
			return call.Explain(p.Name, err)
		}
		wrote = wrote || changed
	}
	switch {
	case !wrote:
		a.Say("credential-idcs: profile " + p.Name + ": nothing to do\n")
	case a.File.Seal == "":
		a.Say("credential-idcs: profile " + p.Name + ": the tokens lie in the open now\n")
	default:
		a.Say("credential-idcs: profile " + p.Name + ": sealed; the file of before may still be on the disk, this makes its refresh token worthless\n" +
			"\tcredential-idcs refresh " + text.Word(p.Name) + "\n")
	}
	return nil
}

// stores are the engines of all that is stored for a profile: its own tokens and its derived credentials.
func (a *app) stores(p *config.Profile) ([]*engine.Engine, error) {
	own, err := a.engine(p)
	if err != nil {
		return nil, err
	}
	engines := []*engine.Engine{own}
	if p.OCI == nil {
		return engines, nil
	}
	parts, err := a.derived(p)
	for _, part := range parts {
		engines = append(engines, part.engine)
	}
	return engines, err
}

// meant is the profile that was named, or all.
func (a *app) meant(name string) ([]*config.Profile, error) {
	if name != "" || a.Profile != "" {
		p, err := a.chosen(name)
		if err != nil {
			return nil, err
		}
		return []*config.Profile{p}, nil
	}
	file, err := a.Load(false)
	if err != nil {
		return nil, err
	}
	return file.Profiles, nil
}

// sealed are the names of the profiles with sealed tokens, by the store of their key ("kernel", "keyring"), and the
// error of a profile whose key can't be had; a lost key goes before a locked one. person: the keyring may ask for its
// password.
func (a *app) sealed(person bool) (names map[string][]string, problem error) {
	profiles, err := a.meant("")
	if err != nil {
		return nil, err
	}
	names = map[string][]string{}
	for _, p := range profiles {
		engines, err := a.stores(p)
		if err != nil {
			return nil, err
		}
		for _, e := range engines {
			if person {
				_ = e.Unlock() // the view has its error
			}
			v := e.View()
			if v.Seal == "none" {
				continue
			}
			if !slices.Contains(names[v.Seal], p.Name) {
				names[v.Seal] = append(names[v.Seal], p.Name)
			}
			if v.Problem == nil || problem != nil && v.State == "locked" {
				continue
			}
			problem = call.Explain(p.Name, v.Problem)
			if v.State == "locked" && person { // the person has closed the dialog: don't open it for the next profile
				return names, problem
			}
		}
	}
	return names, problem
}

func unlock(_ context.Context, a *app, _ []string) error {
	done := a.alive("asking the keyring")
	names, err := a.sealed(true)
	done()
	if f, ok := errors.AsType[*helpers.Failure](err); ok && f.Class == helpers.LoginNeeded {
		f.Class = helpers.Internal // exit status 3 is for a credential that needs a login
		return f
	}
	switch {
	case err != nil:
		return err
	case len(names) == 0:
		a.Say("credential-idcs: nothing is sealed\n")
	default:
		all := slices.Concat(names["kernel"], names["keyring"])
		slices.Sort(all)
		a.Say("credential-idcs: the key is there, for " + strings.Join(slices.Compact(all), ", ") + "\n")
	}
	if why := a.keyForNew(); why != "" {
		a.Say("credential-idcs: new tokens can't be sealed now: " + why + "\n")
	}
	return nil
}

// keyForNew opens the keyring for tokens to come, too: a tool couldn't, and has sent the person here. It returns why that
// isn't possible.
func (a *app) keyForNew() (why string) {
	if a.File == nil || a.File.Seal != "keyring" || len(a.File.Profiles) == 0 {
		return ""
	}
	e, err := a.engine(a.File.Profiles[0])
	if err == nil {
		done := a.alive("asking the keyring")
		err = e.MakeKey()
		done()
	}
	if sealed, ok := errors.AsType[*cache.SealedError](err); ok {
		return sealed.Why
	} else if err != nil {
		return text.Clean(err.Error())
	}
	return ""
}

func lock(_ context.Context, a *app, _ []string) error {
	names, err := a.sealed(false)
	if len(names) == 0 {
		if err == nil {
			a.Say("credential-idcs: nothing is sealed\n")
		}
		return err
	}
	if of := names["keyring"]; len(of) > 0 {
		p, err := a.chosen(of[0])
		if err != nil {
			return err
		}
		e, err := a.engine(p)
		if err != nil {
			return err
		}
		if err := e.Lock(); err != nil {
			return call.Explain(p.Name, err)
		}
		a.Say("credential-idcs: the kernel's copy of the key is deleted; the next call gets another while the keyring is open\n")
	}
	if of := names["kernel"]; len(of) > 0 {
		return &helpers.Failure{
			Class:   helpers.Internal,
			Message: "the kernel has the only key of the sealed tokens: taking it away would end the login",
			Command: "credential-idcs logout " + text.Word(of[0]),
		}
	}
	return nil
}
