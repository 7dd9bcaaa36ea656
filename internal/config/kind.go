package config

import (
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// kind reads a target's kind, and limits the target to the tools that can use it. own is its table, nil: it has none.
func (b *builder) kind(p *Profile, t *Target, own *table) error {
	if err := b.takes(p, t, own); err != nil || len(t.Tools) > 0 {
		return err
	}
	switch t.Kind {
	case KindOCIR:
		t.Tools = []string{"docker", "kubelet"}
	case KindOKE:
		t.Tools = []string{"kubectl"}
	}
	return nil
}

// KindOf is a target's kind by its host: KindOCIR, or KindToken for all others. No host shows that it is KindOKE.
func KindOf(t helpers.Target) string {
	if _, registry := ident.IsRegistry(t.HostPort()); registry {
		return KindOCIR
	}
	return KindToken
}

// OwnTokens reports whether a host is one of Oracle's git services, of OCI DevOps or of Visual Builder Studio,
// which accept auth tokens and passwords alone.
//
// https://docs.oracle.com/en-us/iaas/Content/devops/using/https_auth.htm
func OwnTokens(host string) bool {
	return strings.HasPrefix(host, "devops.scmservice.") || strings.HasSuffix(host, ".developer.ocp.oraclecloud.com")
}

func (b *builder) takes(p *Profile, t *Target, own *table) error {
	t.Kind = KindOf(t.Target)
	registry := t.Kind == KindOCIR
	if registry {
		t.Username, t.Named = RegistryUser, true
		if t.Path() != "" {
			return &Error{File: b.file, Line: t.Line, Reason: "targets: " + quote(t.String()) + ": a registry has no path, docker names none"}
		}
	}
	if own == nil {
		return nil
	}
	kind, err := b.choice(own, "kind", t.Kind, []string{KindToken, KindOCIR, KindOKE})
	switch {
	case err != nil:
		return err
	case registry && kind != KindOCIR:
		return b.fail(own, "kind", `= "`+kind+`" can't be, `+t.HostPort()+" is a registry of Oracle's: its tokens are of kind ocir")
	case kind == KindOCIR && !registry:
		return b.fail(own, "kind", `= "ocir" needs a host of OCIR, such as iad.ocir.io`)
	case own.get("kind") != nil && kind != KindToken && p.OCI == nil:
		return b.fail(own, "kind", `= "`+kind+`" needs [profiles.`+b.profile+`.oci]`)
	case kind == KindOKE && p.OCI.Principal == PrincipalExchange:
		return b.fail(own, "kind", `= "oke" takes no exchanged session; token = "id" lets a person in at a cluster that trusts the domain`)
	}
	t.Kind = kind
	if kind != KindToken && own.get("username") != nil {
		return b.fail(own, "username", `is nothing for a target of kind "`+kind+`"`)
	}
	if kind != KindOKE {
		for _, name := range []string{"cluster", "region"} {
			if own.get(name) != nil {
				return b.fail(own, name, `needs kind = "oke"`)
			}
		}
		return nil
	}
	return b.cluster(p, t, own)
}

// cluster reads the cluster and the region of a target of KindOKE.
func (b *builder) cluster(p *Profile, t *Target, own *table) error {
	t.Cluster = own.text("cluster")
	region, ok := ident.ClusterRegion(t.Cluster)
	switch {
	case own.get("cluster") == nil:
		return b.lacks(own, "kind", `= "oke" needs cluster, the OCID of the cluster`)
	case !ok:
		return b.fail(own, "cluster", "must be the OCID of a cluster: ocid1.cluster.…")
	}
	t.Region = region
	if own.get("region") != nil {
		if t.Region, ok = ident.ParseRegion(own.text("region")); !ok {
			return b.fail(own, "region", `must be a region such as "us-ashburn-1", or its key`)
		}
	}
	return nil
}
