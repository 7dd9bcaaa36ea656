package config

import (
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/address"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// The principals: whom requests to Oracle Cloud Infrastructure are signed as, and where the key comes from.
const (
	PrincipalSession  = "session"
	PrincipalAPIKey   = "api_key"
	PrincipalInstance = "instance"
	PrincipalResource = "resource"
	PrincipalWorkload = "workload"
	PrincipalExchange = "exchange"
)

// Principals are all principals, in the order of the messages.
var Principals = []string{PrincipalSession, PrincipalAPIKey, PrincipalInstance, PrincipalResource, PrincipalWorkload, PrincipalExchange}

// ResourceSecrets are the variables of a resource principal that hold secrets.
var ResourceSecrets = []string{
	"OCI_RESOURCE_PRINCIPAL_RPST", "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE",
}

// The kinds of a target: what it accepts.
const (
	KindToken = "token" // a token of the identity domain
	KindOCIR  = "ocir"  // a token of Oracle's registry
	KindOKE   = "oke"   // a signed request, for an OKE cluster
)

// OCIFile is where Oracle's own tools have their profiles.
const OCIFile = "~/.oci/config"

// RegistryUser is the user name beside a token of OCIR.
//
// https://docs.oracle.com/en-us/iaas/Content/Registry/Tasks/registrypullingimagesusingthedockercli.htm
const RegistryUser = "BEARER_TOKEN"

// An OCI is a [profiles.NAME.oci] table.
type OCI struct {
	Principal string
	File      Path   // of session and api_key
	Profile   string // of the same
	Region    string // its name; empty: what the principal says
	Refresh   bool   // a session is renewed while it lives

	Metadata string // of instance; empty: Oracle's
	Endpoint string // of workload; empty: the cluster's
	Account  Path   // of workload: the folder; the zero Path: the kubelet's

	at place
}

// only returns the principals that may have a key of [oci]; nil: all.
func only(key string) []string {
	switch key {
	case "config_file", "profile":
		return []string{PrincipalSession, PrincipalAPIKey}
	case "refresh":
		return []string{PrincipalSession}
	case "metadata_url":
		return []string{PrincipalInstance}
	case "endpoint", "service_account_dir":
		return []string{PrincipalWorkload}
	}
	return nil
}

// oci reads [profiles.NAME.oci].
func (b *builder) oci(p *Profile) error {
	n := b.table.get("oci")
	if n == nil {
		if p.Login == OCILogin {
			return b.lacks(b.table, "login", `= "oci" needs [profiles.`+b.profile+`.oci] with principal`)
		}
		return nil
	}
	t := n.table
	for _, name := range t.keys {
		if v := t.get(name); v.kind == kindString && v.text == "" {
			return b.fail(t, name, "of oci is empty")
		}
	}
	if t.get("principal") == nil {
		return b.lacks(t, "", "profile "+quote(b.profile)+" has an oci without principal")
	}
	o := &OCI{Profile: "DEFAULT", Refresh: true, at: b.at}
	var err error
	if o.Principal, err = b.choice(t, "principal", "", Principals); err != nil {
		return err
	}
	switch {
	case p.Login == OCILogin && o.Principal == PrincipalExchange:
		return b.fail(t, "principal", `= "exchange" exchanges the profile's own access token: it needs another login than "oci"`)
	case p.Login != OCILogin && o.Principal != PrincipalExchange:
		return b.fail(t, "principal", `= "`+o.Principal+`" needs login = "oci"`)
	}
	for _, name := range t.keys {
		if have := only(name); have != nil && !slices.Contains(have, o.Principal) {
			return b.fail(t, name, `is nothing for principal = "`+o.Principal+`", only for `+text.List(have, "or"))
		}
	}
	if o.Region = t.text("region"); o.Region != "" {
		region, ok := ident.ParseRegion(o.Region)
		if !ok {
			return b.fail(t, "region", `must be a region such as "us-ashburn-1", or its key`)
		}
		o.Region = region
	} else if o.Principal == PrincipalWorkload || o.Principal == PrincipalExchange {
		return b.lacks(t, "principal", `= "`+o.Principal+`" needs region`)
	}
	if o.Principal == PrincipalSession || o.Principal == PrincipalAPIKey {
		o.File = b.at.path(OCIFile)
		if t.get("config_file") != nil {
			o.File = b.path(t, "config_file")
		}
		if s := t.text("profile"); s != "" {
			o.Profile = s
		}
	}
	if n := t.get("refresh"); n != nil {
		o.Refresh = n.on
	}
	// What is asked for is put behind these two.
	o.Metadata, o.Endpoint = strings.TrimRight(t.text("metadata_url"), "/"), strings.TrimRight(t.text("endpoint"), "/")
	o.Account = b.path(t, "service_account_dir")
	if o.Metadata != "" && !isMetadata(o.Metadata) {
		return b.fail(t, "metadata_url", "must be http://169.254.169.254/opc/v2, or the same on this machine's own address")
	}
	if o.Endpoint != "" && !isEndpoint(o.Endpoint) {
		return b.fail(t, "endpoint", "must be https://IP:PORT and nothing more")
	}
	if o.Principal == PrincipalExchange && (p.Client == nil || !p.Client.KeyFile.IsZero()) {
		return b.fail(t, "principal", `= "exchange" needs a client with a secret: the exchange is documented for no other`)
	}
	p.OCI = o
	return nil
}

// isMetadata accepts the address that every instance has, and loopback for tests.
func isMetadata(s string) bool {
	host, _, ok := ipOf(s, "http://")
	return ok && (address.Loopback(host) || host == "169.254.169.254")
}

// isEndpoint accepts only an IP address: no name server may decide who gets the service account token.
func isEndpoint(s string) bool {
	_, path, ok := ipOf(s, "https://")
	return ok && strings.Trim(path, "/") == ""
}

// ipOf splits a URL whose host is an IP address and which has no user, query or fragment.
func ipOf(s, scheme string) (host, path string, ok bool) {
	rest, ok := strings.CutPrefix(s, scheme)
	if !ok || strings.ContainsAny(rest, `@?#\`) {
		return "", "", false
	}
	authority, path, _ := strings.Cut(rest, "/")
	t, err := helpers.ParseTarget("https://" + authority)
	if err != nil {
		return "", "", false
	}
	host = t.HostPort()
	if inside, six := strings.CutPrefix(host, "["); six {
		host, _, _ = strings.Cut(inside, "]")
	} else {
		host, _, _ = strings.Cut(host, ":")
	}
	return host, path, address.Is(host)
}

// loginOCI checks the rest of a profile with login = "oci": the keys for a client of the domain are refused, and so
// is a domain, unless a target accepts its tokens.
func (b *builder) loginOCI(p *Profile) error {
	if p.Login != OCILogin {
		return nil
	}
	for _, name := range []string{"client_id", "expiry", "refresh_scope", "redirect_url", "client", "user"} {
		if b.table.get(name) != nil {
			return b.fail(b.table, name, `is nothing for login = "oci", which needs no client`)
		}
	}
	if p.Token == "id" {
		return b.fail(b.table, "token", `= "id" can't be had with login = "oci", which names no person`)
	}
	var taker *Target
	for i := range p.Targets {
		if p.Targets[i].Kind == KindToken {
			taker = &p.Targets[i]
			break
		}
	}
	for _, name := range []string{"domain", "scope"} {
		switch has := b.table.get(name) != nil; {
		case has && taker == nil:
			return b.fail(b.table, name, "is for targets that take tokens of the domain, and this profile has none")
		case !has && taker != nil:
			return &Error{File: b.file, Line: taker.Line, Reason: "targets: " + quote(taker.String()) + " takes tokens of a domain, and profile " + quote(b.profile) + " has no " + name, Short: true}
		}
	}
	return nil
}
