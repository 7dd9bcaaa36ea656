package people

import (
	"cmp"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/newprofile"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/kubectl"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// oracle fills in what follows from the options for Oracle's own services.
func (a *app) oracle(d *newprofile.Profile, contexts []string) error {
	env := tool.Env{Vars: a.environment(), Home: a.ToolHome(), Dir: a.Dir(), Program: a.Program()}
	for _, name := range contexts {
		c, err := kubectl.Oracle(env, name)
		if err != nil {
			return err
		}
		if err := addCluster(d, c); err != nil {
			return err
		}
		d.Principal = cmp.Or(d.Principal, principals[c.Auth])
		if p := principals[c.Auth]; p != "" && p != d.Principal {
			a.Say("credential-idcs: context " + text.Clean(name) + " ran oci with --auth " + text.Clean(c.Auth) + ", which is --oci " + p + "\n")
		}
		if d.Principal == config.PrincipalSession || d.Principal == config.PrincipalAPIKey {
			d.OCIProfile = cmp.Or(d.OCIProfile, c.Profile)
			d.OCIFile = cmp.Or(d.OCIFile, c.File)
			if c.Profile != "" && c.Profile != d.OCIProfile {
				a.Say("credential-idcs: context " + text.Clean(name) + " ran oci with --profile " + text.Clean(c.Profile) + ", and this profile signs as " + text.Clean(d.OCIProfile) + "\n")
			}
		}
		if d.Principal == config.PrincipalWorkload { // a pod's cluster is where the pod is
			d.Region = cmp.Or(d.Region, c.Region)
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

// addCluster makes a context's server a target. Several contexts may be at one cluster, each with its namespace.
func addCluster(d *newprofile.Profile, c kubectl.Cluster) error {
	wrong := func(why string) error {
		return &helpers.Failure{
			Class:   helpers.Config,
			Message: "init: --oke: the server of context " + text.Clean(c.Context) + ", " + helpers.Shown(c.Server) + ", " + why,
			Command: "kubectl config view --minify --context " + text.Word(c.Context),
		}
	}
	server, err := helpers.ParseTarget(c.Server)
	if err != nil {
		return wrong("can't be a target: " + err.Error())
	}
	for _, had := range d.Clusters {
		switch t, _ := helpers.ParseTarget(had.Target); {
		case t == server && had.ID == c.ID:
			return nil
		case t == server:
			return wrong("is named with another --cluster-id in a context before")
		}
	}
	d.Clusters = append(d.Clusters, newprofile.Cluster{Target: c.Server, ID: c.ID, Region: c.Region})
	return nil
}

// principals are our names of principals by the values of the oci CLI's --auth.
var principals = map[string]string{
	"api_key": config.PrincipalAPIKey, "security_token": config.PrincipalSession, "instance_principal": config.PrincipalInstance,
	"resource_principal": config.PrincipalResource, "oke_workload_identity": config.PrincipalWorkload,
}
