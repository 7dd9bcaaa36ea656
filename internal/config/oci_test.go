package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// forRegistry are the tools of a registry of Oracle's.
var forRegistry = []string{"docker", "kubelet"}

// The profiles of the first runs.
func TestOCIProfiles(t *testing.T) {
	_, err := load(t, `[profiles.work]
login   = "oci"
targets = ["https://iad.ocir.io", "https://203.0.113.7:6443"]
[profiles.work.oci]
principal = "session"
profile   = "work"
[profiles.work.target."https://203.0.113.7:6443"]
kind    = "oke"
cluster = "ocid1.cluster.oc1.iad.aaaa"

[profiles.ci]
login   = "oci"
domain  = "https://idcs-0011.identity.oraclecloud.com"
scope   = "https://git.example.com/all"
targets = ["https://fra.ocir.io", "https://git.example.com"]
oci     = { principal = "instance", refresh = true }
`)
	if err == nil || err.Error() != `config.toml:16: refresh is nothing for principal = "instance", only for session` {
		t.Fatalf("a key of another principal: %v", err)
	}
	f, err := load(t, `[profiles.work]
login   = "oci"
targets = ["https://iad.ocir.io", "https://203.0.113.7:6443"]
[profiles.work.oci]
principal = "session"
profile   = "work"
refresh   = false
[profiles.work.target."https://203.0.113.7:6443"]
kind    = "oke"
cluster = "ocid1.cluster.oc1.iad.aaaa"

[profiles.ci]
login   = "oci"
domain  = "https://idcs-0011.identity.oraclecloud.com"
scope   = "https://git.example.com/all"
targets = ["https://fra.ocir.io", "https://git.example.com"]
oci     = { principal = "instance", region = "FRA" }

[profiles.person]
domain = "https://idcs-0011.identity.oraclecloud.com"
client_id = "c"
login  = "device"
scope  = "openid"
targets = ["https://lhr.ocir.io"]
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []*Profile{
		{
			Name: "work", Line: 1, Login: OCILogin, Username: DefaultUsername, Token: "access",
			Targets: []Target{
				{Target: mustTarget(t, "https://iad.ocir.io"), Line: 3, Username: RegistryUser, Named: true, Scheme: "auto", Kind: KindOCIR, Tools: forRegistry},
				{Target: mustTarget(t, "https://203.0.113.7:6443"), Line: 3, Username: DefaultUsername, Scheme: "auto", Kind: KindOKE, Tools: []string{"kubectl"}, Cluster: "ocid1.cluster.oc1.iad.aaaa", Region: "us-ashburn-1"},
			},
			OCI: &OCI{Principal: PrincipalSession, File: Path{Written: "~/.oci/config", Full: filepath.FromSlash("/home/ana/.oci/config")}, Profile: "work"},
		},
		{
			Name: "ci", Line: 12, Login: OCILogin, Username: DefaultUsername, Token: "access",
			Domain: "https://idcs-0011.identity.oraclecloud.com", Scope: "https://git.example.com/all",
			Targets: []Target{
				{Target: mustTarget(t, "https://fra.ocir.io"), Line: 16, Username: RegistryUser, Named: true, Scheme: "auto", Kind: KindOCIR, Tools: forRegistry},
				{Target: mustTarget(t, "https://git.example.com"), Line: 16, Username: DefaultUsername, Scheme: "auto", Kind: KindToken},
			},
			OCI: &OCI{Principal: PrincipalInstance, Profile: "DEFAULT", Refresh: true, Region: "eu-frankfurt-1"},
		},
		{
			Name: "person", Line: 19, Login: Device, Username: DefaultUsername, Token: "access",
			Domain: "https://idcs-0011.identity.oraclecloud.com", ClientID: "c", Scope: "openid",
			Targets: []Target{{Target: mustTarget(t, "https://lhr.ocir.io"), Line: 24, Username: RegistryUser, Named: true, Scheme: "auto", Kind: KindOCIR, Tools: forRegistry}},
		},
	}
	if diff := cmp.Diff(want, f.Profiles, cmpopts.IgnoreUnexported(OCI{}), cmp.Comparer(func(a, b helpers.Target) bool { return a == b })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if f.Profiles[0].Alone() || !f.Profiles[1].Alone() {
		t.Error("a session needs a person within the hour, an instance never")
	}
}

func TestOCIMistakesNameFileLineAndKey(t *testing.T) {
	const oci = "[profiles.work]\nlogin = \"oci\"\n"
	const cluster = `cluster = "ocid1.cluster.oc1.iad.aaaa"`
	session := oci + "targets = [\"https://iad.ocir.io\", \"https://k.example.com\"]\noci = { principal = \"session\" }\n"
	target := func(url, lines string) string { return session + "[profiles.work.target.\"" + url + "\"]\n" + lines }
	for _, c := range []struct{ doc, want string }{
		{oci, `config.toml:2: login = "oci" needs [profiles.work.oci] with principal`},
		{oci + "[profiles.work.oci]", `config.toml:3: profile "work" has an oci without principal`},
		{oci + "[profiles.work.oci]\nprincipal = \"sesion\"", `config.toml:4: principal must be session, api_key, instance, resource, workload or exchange; did you mean "session"?`},
		{oci + "oci = { principal = \"exchange\" }", `config.toml:3: principal = "exchange" exchanges the profile's own access token: it needs another login than "oci"`},
		{above + "oci = { principal = \"instance\" }", `config.toml:7: principal = "instance" needs login = "oci"`},
		{above + "oci = { principal = \"exchange\", region = \"iad\" }", `config.toml:7: principal = "exchange" needs a client with a secret`},
		{above + "[profiles.work.client]\nkey_file = \"k\"\nkey_id = \"i\"\n[profiles.work.oci]\nprincipal = \"exchange\"\nregion = \"iad\"", `config.toml:11: principal = "exchange" needs a client with a secret`},
		{above + "client = { secret_env = \"S\" }\noci = { principal = \"exchange\" }", `config.toml:8: principal = "exchange" needs region`},
		{oci + "oci = { principal = \"workload\" }", `config.toml:3: principal = "workload" needs region`},
		{oci + "oci = { principal = \"api_key\", region = \"nowhere\" }", `config.toml:3: region must be a region such as "us-ashburn-1"`},
		{oci + "oci = { principal = \"instance\", profile = \"x\" }", `config.toml:3: profile is nothing for principal = "instance", only for session or api_key`},
		{oci + "oci = { principal = \"session\", refresh = \"true\" }", `config.toml:3: refresh must be true or false, without quotes`},
		{oci + "oci = { principal = \"session\", profile = \"\" }", `config.toml:3: profile of oci is empty`},
		{oci + "oci = { principal = \"instance\", metadata_url = \"http://evil.example/opc/v2\" }", `config.toml:3: metadata_url must be http://169.254.169.254/opc/v2`},
		{oci + "oci = { principal = \"instance\", metadata_url = \"https://127.0.0.1/opc/v2\" }", `config.toml:3: metadata_url must be`},
		{oci + "oci = { principal = \"workload\", region = \"iad\", endpoint = \"https://kubernetes:12250\" }", `config.toml:3: endpoint must be https://IP:PORT`},
		{oci + "oci = { principal = \"session\", principals = \"x\" }", `config.toml:3: unknown key "principals"; did you mean "principal"?`},
		{oci + "client_id = \"c\"\noci = { principal = \"session\" }", `config.toml:3: client_id is nothing for login = "oci"`},
		{oci + "token = \"id\"\noci = { principal = \"session\" }", `config.toml:3: token = "id" can't be had with login = "oci"`},
		{oci + "scope = \"s\"\ntargets = [\"https://iad.ocir.io\"]\noci = { principal = \"session\" }", `config.toml:3: scope is for targets that take tokens of the domain, and this profile has none`},
		{session, `config.toml:3: targets: "https://k.example.com" takes tokens of a domain, and profile "work" has no domain`},
		{oci + "targets = [\"https://iad.ocir.io/ns\"]\noci = { principal = \"session\" }", `config.toml:3: targets: "https://iad.ocir.io/ns": a registry has no path`},
		{target("https://k.example.com", `kind = "oke"`), `config.toml:6: kind = "oke" needs cluster, the OCID of the cluster`},
		{target("https://k.example.com", "kind = \"oke\"\ncluster = \"ocid1.instance.oc1.iad.aaaa\""), `config.toml:7: cluster must be the OCID of a cluster`},
		{target("https://k.example.com", "kind = \"oke\"\nregion = \"x\"\n"+cluster), `config.toml:7: region must be a region`},
		{target("https://k.example.com", "kind = \"oke\"\nusername = \"x\"\n"+cluster), `config.toml:7: username is nothing for a target of kind "oke"`},
		{target("https://k.example.com", cluster), `config.toml:6: cluster needs kind = "oke"`},
		{target("https://k.example.com", `kind = "ocir"`), `config.toml:6: kind = "ocir" needs a host of OCIR, such as iad.ocir.io`},
		{target("https://iad.ocir.io", `kind = "token"`), `config.toml:6: kind = "token" can't be, iad.ocir.io is a registry of Oracle's`},
		{target("https://iad.ocir.io", `username = "ana"`), `config.toml:6: username is nothing for a target of kind "ocir"`},
		{above + "targets = [\"https://iad.ocir.io\"]\n[profiles.work.target.\"https://iad.ocir.io\"]\nkind = \"ocir\"", `config.toml:9: kind = "ocir" needs [profiles.work.oci]`},
		{above + "targets = [\"https://k.example.com\"]\n[profiles.work.target.\"https://k.example.com\"]\nkind = \"oke\"\n" + cluster, `config.toml:9: kind = "oke" needs [profiles.work.oci]`},
		{above + "targets = [\"https://k.example.com\"]\nclient = { secret_env = \"S\" }\noci = { principal = \"exchange\", region = \"iad\" }\n[profiles.work.target.\"https://k.example.com\"]\nkind = \"oke\"\n" + cluster, `config.toml:11: kind = "oke" takes no exchanged session`},
	} {
		_, err := load(t, c.doc)
		checkMistake(t, c.doc, err, c.want)
	}
}

// Whoever signs as somebody else finds nothing that was stored for the one before.
func TestIdentityFollowsThePrincipal(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) Path {
		p := Path{Written: name, Full: filepath.Join(folder, name)}
		writeFile(t, p.Full, text)
		return p
	}
	file := write("config", "[A]\ntenancy=t\nfingerprint=f\nuser=u\n[B]\ntenancy=t\nfingerprint=g\nuser=u\n[C]\ntenancy=t\nfingerprint=f\nuser=v\n[D]\nfingerprint=f\n")
	none := func(string) string { return "" }
	identity := func(principal, profile string) string {
		return (&OCI{Principal: principal, File: file, Profile: profile}).Identity(none)
	}
	for _, c := range [][2]string{
		{identity(PrincipalSession, "A"), identity(PrincipalSession, "B")}, // a new session has a new key
		{identity(PrincipalSession, "A"), identity(PrincipalAPIKey, "A")},
		{identity(PrincipalAPIKey, "A"), identity(PrincipalAPIKey, "C")},
	} {
		if c[0] == c[1] || c[0] == "" || c[1] == "" {
			t.Errorf("%q and %q", c[0], c[1])
		}
	}
	if a, c := identity(PrincipalSession, "A"), identity(PrincipalSession, "C"); a != c {
		t.Errorf("the user of a session's profile counts: %q and %q", a, c)
	}
	for _, profile := range []string{"D", "nobody"} {
		if got := identity(PrincipalSession, profile); got != "" {
			t.Errorf("profile %s has identity %q", profile, got)
		}
	}
	const token = "e30.eyJzdWIiOiJwb2QifQ.c2ln" // {"sub":"pod"}
	o := OCI{Principal: PrincipalResource}
	if got := o.Identity(func(string) string { return token }); !strings.HasSuffix(got, "\npod") {
		t.Errorf("by value: %q", got)
	}
	rpst := write("rpst", token+"\n")
	if got := o.Identity(func(string) string { return rpst.Full }); !strings.HasSuffix(got, "\npod") {
		t.Errorf("by path: %q", got)
	}
	write("token", token)
	o = OCI{Principal: PrincipalWorkload, Account: Path{Written: folder, Full: folder}}
	if got := o.Identity(none); !strings.HasSuffix(got, "\npod") {
		t.Errorf("workload: %q", got)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A final / of an address is no part of it: what is asked for follows it.
func TestOCIAddressesEndBeforeTheirSlash(t *testing.T) {
	f, err := load(t, `[profiles.ci]
login   = "oci"
targets = ["https://fra.ocir.io"]
oci     = { principal = "instance", metadata_url = "http://169.254.169.254/opc/v2/" }

[profiles.pod]
login   = "oci"
targets = ["https://fra.ocir.io"]
oci     = { principal = "workload", region = "fra", endpoint = "https://10.96.0.1:12250/" }
`)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]OCI{"ci": {Metadata: "http://169.254.169.254/opc/v2"}, "pod": {Endpoint: "https://10.96.0.1:12250"}} {
		p, err := f.Profile(name)
		if err != nil {
			t.Fatal(err)
		}
		if p.OCI.Metadata != want.Metadata || p.OCI.Endpoint != want.Endpoint {
			t.Errorf("%s: got %q, %q", name, p.OCI.Metadata, p.OCI.Endpoint)
		}
	}
}
