package canary

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// An oracleRoom is a home folder with a profile for each OCI principal.
type oracleRoom struct {
	*room
	oracle *ocitest.Server
	domain *idcstest.Server
	begun  string // the session in ~/.oci, which is in its second half
}

// oraclePrincipals are the profiles, each with a registry and a cluster of its own; an exchanged session is for
// no cluster.
var oraclePrincipals = []struct{ name, registry string }{
	{"session", "iad.ocir.io"}, {"api_key", "fra.ocir.io"}, {"instance", "lhr.ocir.io"}, {"workload", "ams.ocir.io"},
	{"resource", "zrh.ocir.io"}, {"exchange", "cdg.ocir.io"},
}

func newOracleRoom(t *testing.T) *oracleRoom {
	t.Helper()
	dir := t.TempDir()
	program, err := machine.Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, p := range oraclePrincipals[1:] {
		hosts = append(hosts, p.registry)
	}
	o := ocitest.Start(t, ocitest.Options{Hosts: hosts})
	d := idcstest.Start(t, idcstest.Options{Oracle: o})
	r := &oracleRoom{&room{Machine: machine.Home(t, program), t: t, placed: map[string]bool{}}, o, d, ""}
	oci, account := filepath.Join(r.Home, ".oci"), filepath.Join(r.Home, "account")
	for _, folder := range []string{oci, account, filepath.Join(r.Home, "tmp")} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	home, err := o.WriteSession(oci, "session")
	if err != nil {
		t.Fatal(err)
	}
	r.begun = o.IssueFor(ocitest.User, &home.Key.PublicKey, time.Now().Add(-40*time.Minute), time.Hour)
	if err := o.WriteToken(home, r.begun); err != nil {
		t.Fatal(err)
	}
	if _, err := o.WriteAPIKey(oci, "api_key"); err != nil {
		t.Fatal(err)
	}
	if err := o.WriteServiceAccount(account); err != nil {
		t.Fatal(err)
	}
	rpst, key, err := o.Resource()
	if err != nil {
		t.Fatal(err)
	}
	r.place("client.secret", d.SecretClient.Secret)
	tool := r.Put("print-secret", "#!/bin/sh\nenv > "+r.Home+"/environment-of-a-child\ncat "+r.Home+"/.config/credential-idcs/client.secret\n")
	if err := os.Chmod(tool, 0o700); err != nil {
		t.Fatal(err)
	}
	ca := r.Put("ca.pem", string(append(o.CA.PEM(), d.CA.PEM()...)))
	var config strings.Builder
	tables := map[string]string{
		"session": "profile = \"session\"\n", "api_key": "profile = \"api_key\"\n", "resource": "", "exchange": "region = \"iad\"\n",
		"instance": fmt.Sprintf("metadata_url = %q\n", o.MetadataURL()),
		"workload": fmt.Sprintf("region = \"iad\"\nservice_account_dir = %q\nendpoint = %q\n", account, o.WorkloadURL()),
	}
	for _, p := range oraclePrincipals {
		login, more := "login = \"oci\"\n", fmt.Sprintf("[profiles.%[1]s.target.\"https://%[1]s.example.com\"]\nkind = \"oke\"\ncluster = \"ocid1.cluster.oc1.iad.aaaa\"\n", p.name)
		targets := fmt.Sprintf("https://%s\", \"https://%s.example.com", p.registry, p.name)
		switch p.name {
		case "exchange":
			login = fmt.Sprintf("login = \"client_credentials\"\nclient_id = %q\nclient = { secret_command = [%q] }\n", d.SecretClient.ID, tool)
			more = ""
			fallthrough
		case "instance":
			login += fmt.Sprintf("domain = %q\nscope = \"https://api.example.com/all\"\n", d.URL())
			targets += "\", \"https://git-" + p.name + ".example.com"
		}
		fmt.Fprintf(&config, "[profiles.%s]\n%sca_file = %q\ntargets = [\"%s\"]\n[profiles.%s.oci]\nprincipal = %q\n%s%s", p.name, login, ca, targets, p.name, p.name, tables[p.name], more)
	}
	r.Write("config.toml", config.String())
	tmp := filepath.Join(r.Home, "tmp")
	r.Env = append(r.Env, "TMPDIR="+tmp, "XDG_RUNTIME_DIR="+tmp, "CREDENTIAL_IDCS_DEBUG="+filepath.Join(r.Home, "debug.log"), "GODEBUG=http2debug=2", "GOTRACEBACK=all",
		"SSLKEYLOGFILE="+filepath.Join(tmp, "tls-keys"), "HTTPS_PROXY="+o.ProxyURL(), "NO_PROXY=127.0.0.1",
		"OCI_RESOURCE_PRINCIPAL_VERSION=2.2", "OCI_RESOURCE_PRINCIPAL_REGION=iad", "OCI_RESOURCE_PRINCIPAL_RPST="+rpst, "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM="+key,
		"OCI_GO_SDK_DEBUG=v", "OCI_GO_SDK_LOG_OUTPUT_MODE=file")
	return r
}

// everything is each call for each principal, as it works and as Oracle refuses it.
func (r *oracleRoom) everything() {
	const people = machine.People
	for _, p := range oraclePrincipals {
		r.call(0, true, "docker-credential-idcs", p.registry, "get")
		r.call(0, true, people, "", "token", p.name, "--target", "https://"+p.registry, "--json", "--debug")
		r.call(0, true, people, "", "token", p.name, "--target", "https://"+p.registry, "--header")
		if p.name != "exchange" {
			info := `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false,"cluster":{"server":"https://` + p.name + `.example.com"}}}`
			r.end(0, true, r.Start(machine.Call{Name: people, Args: []string{"kubectl", "--profile", p.name}}.With("KUBERNETES_EXEC_INFO="+info)))
		}
		if p.name == "exchange" || p.name == "instance" {
			r.call(0, true, "git-credential-idcs", "protocol=https\nhost=git-"+p.name+".example.com\n\n", "get")
		}
		if p.name != "session" {
			r.call(0, true, people, `{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"`+p.registry+`/ns/app"}`, "kubelet")
		}
		r.call(0, false, people, "", "refresh", p.name, "--debug")
		r.call(0, false, people, "", "status", p.name)
		r.call(0, false, people, "", "status", p.name, "--json")
		r.free("doctor", p.name, "--debug")
		r.free("login", p.name, "--debug")
	}
	r.call(0, false, "docker-credential-idcs", "", "list")
	r.failures()
	for _, p := range oraclePrincipals[1:] {
		r.call(0, false, people, "", "logout", p.name)
	}
}

// free is a command that may end as it likes.
func (r *oracleRoom) free(args ...string) {
	p := r.Start(machine.Call{Name: machine.People, Args: args}).Wait()
	r.said = append(r.said, saying{strings.Join(args, " "), p.Stdout + p.Stderr, false})
}

// failures are answers that hold what they refuse.
func (r *oracleRoom) failures() {
	canary, err := json.Marshal(map[string]string{"code": r.begun, "message": r.begun, "error": r.begun, "error_description": r.begun, "ecid": r.begun})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, status := range []int{200, 302, 400, 401, 403, 404, 429, 500} {
		for _, on := range []string{"registry", "x509", "workload", "renew", "metadata"} {
			r.oracle.Script(ocitest.Fault{On: on, Status: status, Body: string(canary), Header: map[string][]string{
				"Opc-Request-Id": {r.begun}, "Location": {"https://evil.example/" + r.begun}, "Retry-After": {r.begun},
			}})
		}
		r.domain.Script(idcstest.Fault{On: idcstest.Exchange, At: idcstest.BeforeRotation, Status: status, Body: string(canary)})
		for _, p := range oraclePrincipals {
			r.free("refresh", p.name)
			r.free("status", p.name, "--json")
		}
		r.oracle.Unscript()
		r.domain.Unscript()
	}
}

// Each command and helper, with a profile of each OCI principal, all debugging on. No key and no session is
// where it doesn't belong: not in an argument, an environment, a log, a message or a file.
func TestNoSecretOfOraclesGoesWhereItDoesNotBelong(t *testing.T) {
	r := newOracleRoom(t)
	w := startWatch(t, r.Home, string(r.Program))
	r.everything()
	w.stop()
	derived, sessions, others := r.secrets()
	if len(derived) < 12 || len(sessions) < 10 || len(others) < 40 {
		t.Fatalf("there are only %d, %d and %d secrets to look for", len(derived), len(sessions), len(others))
	}
	all := slices.Concat(derived, sessions, others)
	judge := func(where, text string, allowed func(text, secret string) bool) {
		for _, f := range search(text, all) {
			if !allowed(text, f.secret) {
				t.Errorf("%s: a secret of %d bytes (%s), %s", where, len(f.secret), idcstest.Digest(f.secret), f.form)
			}
		}
	}
	none := func(string, string) bool { return false }
	// What was derived is what is given and stored. A cluster's token has the session's inside it, coded.
	handed := func(text, secret string) bool {
		return slices.Contains(derived, secret) || slices.Contains(sessions, secret) && !strings.Contains(text, secret)
	}
	given := 0
	for _, s := range r.said {
		if s.token && len(search(s.text, derived)) > 0 {
			given++
		}
		judge(s.where, s.text, func(text, secret string) bool { return s.token && handed(text, secret) })
	}
	if given < 12 {
		t.Errorf("only %d calls gave a token", given)
	}
	judge("arguments of a process", w.text(), none)
	for name, env := range w.children {
		judge("environment of "+name, env, none)
	}
	renewed := r.renewed()
	if len(renewed) == 0 {
		t.Error("no session was renewed")
	}
	stored, logged := 0, false
	err := filepath.WalkDir(r.Home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || r.placed[path] || strings.HasPrefix(path, filepath.Join(r.Home, ".oci")) || strings.HasPrefix(path, filepath.Join(r.Home, "account")) {
			return err
		}
		judge("name of a file", path, none)
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		logged = logged || filepath.Base(path) == "debug.log" && strings.Contains(string(b), "answered")
		store := filepath.Dir(path) == r.Cache && strings.HasSuffix(path, ".json")
		if store && len(search(string(b), slices.Concat(derived, renewed))) > 0 {
			stored++
		}
		judge(path, string(b), func(text, secret string) bool {
			return store && (handed(text, secret) || slices.Contains(renewed, secret))
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if stored < 2 || !logged {
		t.Errorf("%d files hold tokens, logged %v: the scan looks in the wrong place", stored, logged)
	}
	if _, err := os.Stat(filepath.Join(r.Home, "environment-of-a-child")); err != nil {
		t.Errorf("the secret_command never ran: %v", err)
	}
}

// secrets are what was derived, sessions, and what is neither: keys, the service account's token, signatures.
func (r *oracleRoom) secrets() (derived, sessions, others []string) {
	for _, s := range slices.Concat(r.oracle.Secrets(), r.domain.Secrets()) {
		switch claims := claimsOf(s); {
		case s == r.oracle.Account || claims == "":
			others = append(others, s)
		case strings.Contains(claims, `"jwk"`):
			sessions = append(sessions, s)
		default:
			derived = append(derived, s)
		}
	}
	for _, q := range r.oracle.Requests() {
		if _, signature, ok := strings.Cut(q.Header.Get("Authorization"), `signature="`); ok {
			others = append(others, strings.TrimSuffix(signature, `"`))
		}
	}
	others = append(others, r.domain.SecretClient.Secret)
	return derived, sessions, others
}

// renewed are the successors of the session in ~/.oci, which are stored without its key.
func (r *oracleRoom) renewed() (list []string) {
	_, sessions, _ := r.secrets()
	for _, s := range sessions {
		claims := claimsOf(s)
		if s != r.begun && member(claims, "sub") == ocitest.User && member(claims, "first") == member(claimsOf(r.begun), "first") {
			list = append(list, s)
		}
	}
	return list
}
