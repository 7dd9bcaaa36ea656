package config

import (
	"crypto/sha256"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/address"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// The principals: where the key comes from that signs as somebody at Oracle Cloud Infrastructure.
const (
	PrincipalSession  = "session"
	PrincipalAPIKey   = "api_key"
	PrincipalInstance = "instance"
	PrincipalResource = "resource"
	PrincipalWorkload = "workload"
	PrincipalExchange = "exchange"
)

// Principals are all of them, in the order in which people are told of them.
var Principals = []string{PrincipalSession, PrincipalAPIKey, PrincipalInstance, PrincipalResource, PrincipalWorkload, PrincipalExchange}

// ResourceSecrets are the variables of a resource principal that hold secrets.
var ResourceSecrets = []string{
	"OCI_RESOURCE_PRINCIPAL_RPST", "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE",
}

// The kinds of a target: what it takes.
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

// An OCI is [profiles.NAME.oci].
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

// only returns the principals that alone have a key of [oci], or nil: all have it.
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

// oci builds [profiles.NAME.oci].
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
		if have := only(name); have != nil && !contains(have, o.Principal) {
			return b.fail(t, name, `is nothing for principal = "`+o.Principal+`", only for `+orList(have))
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
	o.Metadata, o.Endpoint, o.Account = t.text("metadata_url"), t.text("endpoint"), b.path(t, "service_account_dir")
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

// isMetadata takes the address of every instance, and loopback for tests of somebody's own.
func isMetadata(s string) bool {
	host, _, ok := ipOf(s, "http://")
	return ok && (address.Loopback(host) || host == "169.254.169.254")
}

// isEndpoint takes an IP address only: no name server chooses who gets the service account token.
func isEndpoint(s string) bool {
	_, path, ok := ipOf(s, "https://")
	return ok && strings.Trim(path, "/") == ""
}

// ipOf takes a URL apart whose host is an IP address, and which has neither user nor query nor fragment.
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

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// orList is oneOf of a list that may have one member.
func orList(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return oneOf(list)
}

// loginOCI holds the rest of a profile against login = "oci": what belongs to a client of the domain has
// no place there, and the domain only where a target takes its tokens.
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

// kind builds what a target takes, and which tools can do anything with that. own is its table, nil if it
// has none.
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

// KindOf is what a target takes as far as its address tells: an API server's doesn't.
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

// cluster builds what a signed request for an OKE cluster names.
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

// PathOf is a file that is named inside one of Oracle's own configuration files: absolute, or below ~/.
// The zero Path says that it is neither, since Oracle's tools would look into the working directory.
func (o *OCI) PathOf(written string) Path {
	if !filepath.IsAbs(written) && !strings.HasPrefix(written, "~/") {
		return Path{}
	}
	return o.at.path(written)
}

// Identity names whom the principal signs as, without a key and without the network: what a derived
// credential belongs to. It is empty where that can't be told; then no stored one is found.
func (o *OCI) Identity(getenv func(string) string) string {
	parts := []string{o.Principal}
	switch o.Principal {
	case PrincipalSession, PrincipalAPIKey:
		data, err := ReadPublic(o.File)
		if err != nil {
			return ""
		}
		s, err := ident.ParseSection(data, o.Profile)
		if err != nil {
			return ""
		}
		for _, name := range []string{"tenancy", "user", "fingerprint"} {
			if name == "user" && o.Principal == PrincipalSession {
				continue // Oracle's tools ignore it there
			}
			v, err := s.Need(name)
			if err != nil {
				return ""
			}
			parts = append(parts, v)
		}
	case PrincipalInstance:
		parts = append(parts, o.Metadata)
	case PrincipalResource:
		token := getenv("OCI_RESOURCE_PRINCIPAL_RPST")
		if path.IsAbs(token) || filepath.IsAbs(token) {
			b, err := ReadSecret(Path{Written: token, Full: token})
			if err != nil {
				return ""
			}
			token = string(b)
		}
		return subject(parts, token)
	case PrincipalWorkload:
		b, err := ReadAccount(o.AccountFile("token"))
		if err != nil {
			return ""
		}
		return subject(append(parts, o.Endpoint), string(b))
	}
	return strings.Join(parts, "\n")
}

// KeyFile is the file of the key as Oracle's file names it; empty where it names none.
func (o *OCI) KeyFile() string {
	data, err := ReadPublic(o.File)
	if err != nil {
		return ""
	}
	s, err := ident.ParseSection(data, o.Profile)
	if err != nil {
		return ""
	}
	name, _ := s.Get("key_file")
	return name
}

// SessionEnds is when the session in Oracle's files ends, and the region of its profile, read without its
// key; zero where there is none.
func (o *OCI) SessionEnds() (region string, ends time.Time) {
	data, err := ReadPublic(o.File)
	if err != nil {
		return "", time.Time{}
	}
	s, err := ident.ParseSection(data, o.Profile)
	if err != nil {
		return "", time.Time{}
	}
	region, _ = s.Get("region")
	name, err := s.Need("security_token_file")
	if err != nil {
		return region, time.Time{}
	}
	token, err := ReadSecret(o.PathOf(name))
	if err != nil {
		return region, time.Time{}
	}
	c, ok := ident.ReadClaims(string(token))
	if !ok || c.Expires == 0 {
		return region, time.Time{}
	}
	return region, time.Unix(c.Expires, 0)
}

// subject adds whom a token names.
func subject(parts []string, token string) string {
	c, ok := ident.ReadClaims(token)
	if !ok || c.Subject == "" {
		return ""
	}
	return strings.Join(append(parts, c.Subject), "\n")
}

// AccountFile is a file of the pod's service account.
func (o *OCI) AccountFile(name string) Path {
	if o.Account.IsZero() {
		full := "/var/run/secrets/kubernetes.io/serviceaccount/" + name
		return Path{Written: full, Full: full}
	}
	return Path{Written: path.Join(o.Account.Written, name), Full: filepath.Join(o.Account.Full, name)}
}

// digest changes with the table and with what its files hold.
func (o *OCI) digest(getenv func(string) string) string {
	d := digest{sha256.New()}
	d.add(o.Principal, o.Profile, o.Region, o.Metadata, o.Endpoint)
	switch o.Principal {
	case PrincipalSession, PrincipalAPIKey:
		d.file(o.File, ReadPublic)
		data, _ := ReadPublic(o.File)
		if s, err := ident.ParseSection(data, o.Profile); err == nil {
			for _, name := range []string{"key_file", "security_token_file"} {
				v, _ := s.Get(name)
				d.file(o.PathOf(v), ReadSecret)
			}
		}
	case PrincipalResource:
		for _, name := range []string{"VERSION", "RPST", "PRIVATE_PEM", "REGION"} {
			v := getenv("OCI_RESOURCE_PRINCIPAL_" + name)
			d.add(v)
			if path.IsAbs(v) {
				d.file(Path{Written: v, Full: v}, ReadSecret)
			}
		}
	case PrincipalWorkload:
		d.add(getenv("KUBERNETES_SERVICE_HOST"))
		d.file(o.AccountFile("token"), ReadAccount)
		d.file(o.AccountFile("ca.crt"), ReadPublic)
	}
	return d.String()
}
