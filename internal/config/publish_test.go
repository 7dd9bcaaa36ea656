package config

import (
	"strings"
	"testing"
)

// published is a right configuration of 14 lines, the last of which is type.
const published = `[profiles.ci]
domain = "https://d.example.com"
client_id = "c"
login = "device"
scope = "openid"
targets = ["https://r.example.com:5000", "https://git.example.com/team"]
[profiles.ci.target."https://git.example.com/team"]
username = "ana"

[[publish]]
profile = "ci"
namespace = "team-a"
secret = "pull"
type = "docker"
`

func TestPublished(t *testing.T) {
	f, err := load(t, published+`labels = { "reconcile.fluxcd.io/watch" = "Enabled" }
[publish.annotations]
"example.com/who" = "any text, even ü"

[[publish]]
profile = "ci"
namespace = "team-a"
secret = "git"
type = "basic-auth"
targets = ["https://git.example.com/team"]

[[publish]]
profile = "ci"
namespace = "team-b"
secret = "pull"
type = "token"
`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Published()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 {
		t.Fatalf("%d are published", len(got))
	}
	first := got[0]
	if first.Profile != f.Profiles[0] || first.Namespace != "team-a" || first.Secret != "pull" || first.Type != PublishDocker ||
		len(first.Targets) != 1 || first.Targets[0].String() != "https://r.example.com:5000" || first.Username != "" {
		t.Errorf("the first is %+v", first)
	}
	if first.Labels["reconcile.fluxcd.io/watch"] != "Enabled" || first.Annotations["example.com/who"] != "any text, even ü" {
		t.Errorf("labels %v, annotations %v", first.Labels, first.Annotations)
	}
	if got[1].Username != "ana" || len(got[1].Targets) != 1 {
		t.Errorf("the second is %+v", got[1])
	}
	if got[2].Targets != nil || got[2].Line != 26 {
		t.Errorf("the third is %+v", got[2])
	}
	if f, err := load(t, "[profiles]\n"); err != nil {
		t.Error(err)
	} else if got, err := f.Published(); got != nil || err != nil {
		t.Errorf("nothing is published: %v, %v", got, err)
	}
}

// An OCI principal's targets: a registry's into a Secret for docker, the domain's into any, and a cluster's into none.
func TestPublishedOfAnOCIPrincipal(t *testing.T) {
	f, err := load(t, `[profiles.o]
login = "oci"
domain = "https://d.example.com"
scope = "https://git.example.com/all"
targets = ["https://iad.ocir.io", "https://fra.ocir.io", "https://git.example.com", "https://k.example.com"]
oci = { principal = "api_key", config_file = "ci.oci" }
[profiles.o.target."https://k.example.com"]
kind = "oke"
cluster = "ocid1.cluster.oc1.iad.aaaa"

[[publish]]
profile = "o"
namespace = "n"
secret = "pull"
type = "docker"
[[publish]]
profile = "o"
namespace = "n"
secret = "git"
type = "basic-auth"
`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Published()
	if err != nil {
		t.Fatal(err)
	}
	var docker []string
	for _, target := range got[0].Targets {
		docker = append(docker, target.Username+"@"+target.HostPort())
	}
	if want := "BEARER_TOKEN@iad.ocir.io BEARER_TOKEN@fra.ocir.io oauth2@git.example.com"; strings.Join(docker, " ") != want {
		t.Errorf("docker has %q, want %q", docker, want)
	}
	if len(got[1].Targets) != 1 || got[1].Targets[0].HostPort() != "git.example.com" || got[1].Username != "oauth2" {
		t.Errorf("basic-auth has %+v", got[1])
	}
	if files := f.Profiles[0].Files(); len(files) != 1 || files[0].Written != "ci.oci" {
		t.Errorf("the files are %v", files)
	}
}

// A helper answers whatever is wrong in [[publish]]; only the controller and doctor look into it.
func TestMistakesInPublishAreOnlyPublisheds(t *testing.T) {
	more := func(lines string) string { return published + lines }
	instead := func(old, new string) string { return strings.Replace(published, old, new, 1) }
	oracle := func(principal, kind string) string {
		targets := `targets = ["https://iad.ocir.io"]`
		if kind == "docker" && principal != "session" {
			targets = `targets = ["https://iad.ocir.io", "https://k.example.com"]`
		}
		return "[profiles.o]\nlogin = \"oci\"\n" + targets + "\noci = { principal = \"" + principal + "\" }\n" +
			"[[publish]]\nprofile = \"o\"\nnamespace = \"n\"\nsecret = \"s\"\ntype = \"" + kind + "\"\n"
	}
	for _, c := range []struct{ doc, want string }{
		{more(`kind = "x"`), `config.toml:15: unknown key "kind"`},
		{more(`label = {}`), `config.toml:15: unknown key "label"; did you mean "labels"?`},
		{more(`login = "device"`), `config.toml:15: unknown key "login"; it belongs in [profiles.NAME]`},
		{more(`labels = ["a"]`), `config.toml:15: labels must be a table of strings`},
		{more(`labels = { a = 1 }`), `config.toml:15: labels."a" must be a string in quotes`},
		{more(`labels = { "a b" = "c" }`), `config.toml:15: labels: "a b" can't be a name there`},
		{more(`labels = { a = "b c" }`), `config.toml:15: labels: the value of "a" must be`},
		{more(`annotations = { "credential-idcs/profile" = "x" }`), `config.toml:15: annotations: "credential-idcs/profile" is set by the controller`},
		{more(`labels = { "argocd.argoproj.io/secret-type" = "cluster" }`), `config.toml:15: labels: "argocd.argoproj.io/secret-type" is set by the controller`},
		{more(`targets = ["https://other.example.com"]`), `config.toml:15: targets: "https://other.example.com" is not in targets of profile "ci"`},
		{more(`targets = ["https://git.example.com/team"]`), `config.toml:15: targets: "https://git.example.com/team" has a path, and docker stores its logins by host`},
		{more("targets = [\n\"https://r.example.com:5000\",\n\"https://r.example.com:5000\"]"), `config.toml:17: targets: "https://r.example.com:5000" is there twice`},
		{more(`targets = []`), `config.toml:15: type = "docker" needs a target`},
		{more("[[publish]]\nprofile = \"ci\"\nnamespace = \"team-a\"\nsecret = \"pull\"\ntype = \"token\""), `config.toml:18: secret = "pull" of namespace "team-a" is published twice, first in line 13`},
		{instead(`profile = "ci"`, `profile = "cd"`), `config.toml:11: profile is no profile; known: ci`},
		{instead(`profile = "ci"`, `profile = ""`), `config.toml:11: profile is empty`},
		{instead("profile = \"ci\"\n", ""), `config.toml:10: a [[publish]] has no profile`},
		{instead(`"team-a"`, `"Team"`), `config.toml:12: namespace must be a name of`},
		{instead(`"team-a"`, `"a.b"`), `config.toml:12: namespace must be a name of`},
		{instead(`"pull"`, `"pull_"`), `config.toml:13: secret must be a name of`},
		{instead(`"pull"`, `"credential-idcs-state-ci"`), `config.toml:13: secret = "credential-idcs-state-ci" is the controller's own`},
		{instead(`"pull"`, `"credential-idcs-files"`), `config.toml:13: secret = "credential-idcs-files" is the controller's own`},
		{instead(`"pull"`, `"pull-"`), `config.toml:13: secret must be a name of`},
		{instead(`"docker"`, `"dockr"`), `config.toml:14: type must be docker, basic-auth, token, argocd or argocd-helm; did you mean "docker"?`},
		{instead(`"docker"`, `"basic-auth"`), `config.toml:14: type = "basic-auth" has one user name, and "https://r.example.com:5000" and "https://git.example.com/team" have different ones`},
		{instead(`"docker"`, `"argocd"`), `config.toml:14: type = "argocd" needs exactly one target, and there are 2: name it in targets`},
		{instead(`"docker"`, `"token"`) + `targets = ["https://r.example.com:5000"]`, `config.toml:15: targets can't be used with type = "token"`},
		{strings.NewReplacer("profiles.ci", "profiles.CI", `"ci"`, `"CI"`).Replace(published), `config.toml:11: profile = "CI" can't name a Secret`},
		{strings.Replace(published, "\"https://git.example.com/team\"]\nusername", "\"https://git.example.com/team\"]\ntools = [\"docker\"]\nusername", 1) +
			"[[publish]]\nprofile = \"ci\"\nnamespace = \"team-b\"\nsecret = \"git\"\ntype = \"argocd\"\ntargets = [\"https://git.example.com/team\"]",
			`config.toml:21: targets: "https://git.example.com/team" is not for those that read type = "argocd", by its tools`},
		{strings.Replace(published, "https://r.example.com:5000", "https://iad.ocir.io", 1) + `targets = ["https://iad.ocir.io"]`,
			`config.toml:15: targets: "https://iad.ocir.io" takes no token of an identity domain; add [profiles.ci.oci]`},
		{oracle("instance", "basic-auth") + "targets = [\"https://iad.ocir.io\"]", `config.toml:10: targets: "https://iad.ocir.io" is of kind ocir, which only type = "docker" holds`},
		{oracle("instance", "basic-auth"), `config.toml:9: type = "basic-auth" needs a target, and profile "o" has none that it can hold`},
		{oracle("instance", "argocd-helm"), `config.toml:9: type = "argocd-helm" needs exactly one target, and there are 0: name it in targets`},
		{oracle("instance", "token"), `config.toml:9: type = "token" holds a token of the domain, and profile "o" has no domain`},
		{oracle("session", "docker"), `config.toml:6: profile = "o" has principal = "session", which ends within the hour where no person is`},
		{oracle("instance", "docker") + "targets = [\"https://k.example.com\"]\n[profiles.o.target.\"https://k.example.com\"]\nkind = \"oke\"\ncluster = \"ocid1.cluster.oc1.iad.aaaa\"",
			`config.toml:10: targets: "https://k.example.com" is of kind oke, which no type holds`},
		{"publish = 5\n", `config.toml:1: publish must be a list of tables: [[publish]]`},
		{"publish = [1]\n", `config.toml:1: publish must be a list of tables: [[publish]]`},
		{"publish = [{ profile = \"x\" }]\n", `config.toml:1: a [[publish]] has no namespace`},
	} {
		f, err := load(t, c.doc)
		if err != nil {
			t.Errorf("a helper fails: %v\n%s", err, c.doc)
			continue
		}
		f.Path = "/conf/config.toml"
		_, err = f.Published()
		checkMistake(t, c.doc, err, c.want)
	}
}

func TestListsOfTablesAreHeldToTheLanguage(t *testing.T) {
	for _, c := range []struct{ doc, want string }{
		{"publish = []\n[[publish]]\n", `config.toml:2: "publish" is there twice, first in line 1`},
		{"[publish]\n[[publish]]\n", `config.toml:2: "publish" is there twice, first in line 1`},
		{"[[publish]]\n[publish]\n", `config.toml:2: "publish" is there twice, first in line 1`},
		{"[[publish]]\n[publish.labels]\n[publish.labels]\n", `config.toml:3: "labels" is there twice, first in line 2`},
		{"[[publish.more]]\n", `config.toml:1: ["publish"] in double brackets: only [[publish]] is a list of tables`},
	} {
		_, err := load(t, c.doc)
		checkMistake(t, c.doc, err, c.want)
	}
}
