package people

import (
	"cmp"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/newprofile"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/kubectl"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// oracle fills in what follows from the options for Oracle's own services.
func (a *app) oracle(d *newprofile.Profile, contexts []string) error {
	env := tool.Env{Vars: a.environment(), Home: a.Home(), Dir: a.Dir(), Program: a.Program()}
	for _, name := range contexts {
		c, err := kubectl.Oracle(env, name)
		if err != nil {
			return err
		}
		d.Clusters = append(d.Clusters, newprofile.Cluster{Target: c.Server, ID: c.ID, Region: c.Region})
		d.Principal = cmp.Or(d.Principal, principals[c.Auth])
		if p := principals[c.Auth]; p != "" && p != d.Principal {
			a.Say("credential-idcs: context " + text.Clean(name) + " ran oci with --auth " + text.Clean(c.Auth) + ", which is --oci " + p + "\n")
		}
		if d.Principal == config.PrincipalSession || d.Principal == config.PrincipalAPIKey {
			d.OCIProfile = cmp.Or(d.OCIProfile, c.Profile)
			d.OCIFile = cmp.Or(d.OCIFile, c.File)
		}
	}
	switch {
	case d.Principal == "" && (len(contexts) > 0 || d.OCIProfile != "" || d.Region != ""):
		return misuse("init: --oci is missing", "credential-idcs help init")
	case d.Principal != "" && d.Principal != config.PrincipalExchange:
		if d.Login != "" && d.Login != config.OCILogin {
			return misuse("init: --oci or --login, not both", "credential-idcs help init")
		}
		d.Login = config.OCILogin
	}
	return nil
}

// principals are our names of principals by the values of the oci CLI's --auth.
var principals = map[string]string{
	"api_key": config.PrincipalAPIKey, "security_token": config.PrincipalSession, "instance_principal": config.PrincipalInstance,
	"resource_principal": config.PrincipalResource, "oke_workload_identity": config.PrincipalWorkload,
}
