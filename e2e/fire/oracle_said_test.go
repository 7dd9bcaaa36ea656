//go:build linux

package fire

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// Each way in which an OCI principal can be refused, as docker, kubectl, git and a person read it.
func TestWhatIsSaidOfAPrincipal(t *testing.T) {
	const (
		again  = "oci session authenticate --profile-name work --region us-ashburn-1"
		doctor = "credential-idcs doctor work"
		retry  = "credential-idcs refresh work"
	)
	answers := func(on string, status int, body string) func(*oracleScene) {
		return func(s *oracleScene) { s.oracle.Script(ocitest.Fault{On: on, Status: status, Body: body}) }
	}
	exchange := func(status int, code string) func(*oracleScene) {
		return func(s *oracleScene) {
			s.domain.Script(idcstest.Fault{On: idcstest.Exchange, At: idcstest.BeforeRotation, Status: status, Error: code, ECID: "A1b2"})
		}
	}
	env := func(variables ...string) func(*oracleScene) {
		return func(s *oracleScene) { s.Env = append(s.Env, variables...) }
	}
	const id = "; opc-request-id [0-9a-f]{32}"
	for _, tt := range []struct {
		name, principal string
		arrange         func(*oracleScene)
		exit            int
		text, command   string // text is a pattern, of the whole line; HOME in command is the home
	}{
		{"ended", "session", func(s *oracleScene) {
			if err := s.oracle.WriteToken(s.home, s.oracle.IssueFor(ocitest.User, &s.home.Key.PublicKey, time.Now().Add(-2*time.Hour), time.Hour)); err != nil {
				s.Fatal(err)
			}
		}, 3, `login needed, the OCI session work of ~/\.oci/config ended at \d\d:\d\d`, again},
		{"another profile", "session", func(s *oracleScene) { s.reword(s.home.ConfigFile, "[work]", "[DEFAULT]") },
			3, `login needed, ~/\.oci/config has no profile work`, again},
		{"no file", "session", func(s *oracleScene) { s.remove(s.home.ConfigFile) },
			3, `login needed, ~/\.oci/config has no profile work`, again},
		{"no token's line", "session", func(s *oracleScene) { s.reword(s.home.ConfigFile, "security_token_file=", "#") },
			3, `login needed, profile work of ~/\.oci/config has no security_token_file`, again},
		{"no token", "session", func(s *oracleScene) { s.remove(s.home.TokenFile) },
			3, `login needed, profile work of ~/\.oci/config has no security_token_file`, again},
		{"no key", "session", func(s *oracleScene) { s.remove(s.home.KeyFile) },
			3, `login needed, profile work of ~/\.oci/config has no key_file`, again},
		{"another's key", "session", func(s *oracleScene) {
			other, err := s.oracle.WriteSession(filepath.Dir(s.home.ConfigFile), "other")
			if err != nil {
				s.Fatal(err)
			}
			s.reword(s.home.ConfigFile, "key_file="+s.home.KeyFile, "key_file="+other.KeyFile)
		}, 5, `~/\.oci/config:6: key_file and security_token_file don't belong together`, again},
		{"an open key", "session", func(s *oracleScene) {
			if err := os.Chmod(s.home.KeyFile, 0o644); err != nil {
				s.Fatal(err)
			}
		}, 5, `HOME/\.oci/sessions/work/oci_api_key\.pem can be read by others \(mode 0644\)`, "chmod 600 HOME/.oci/sessions/work/oci_api_key.pem"},
		{"a key twice", "api_key", func(s *oracleScene) { s.reword(s.home.ConfigFile, "user=", "user=x\nuser=") },
			5, `~/\.oci/config:7: user comes twice`, "${EDITOR:-vi} HOME/.oci/config"},
		{"no file", "api_key", func(s *oracleScene) { s.remove(s.home.ConfigFile) },
			5, `~/\.oci/config has no profile DEFAULT`, "oci setup config"},
		{"another fingerprint", "api_key", func(s *oracleScene) { s.reword(s.home.ConfigFile, "fingerprint=", "fingerprint=00:") },
			5, `~/\.oci/config:2: fingerprint isn't that of key_file`, "${EDITOR:-vi} HOME/.oci/config"},
		{"encrypted", "api_key", func(s *oracleScene) {
			s.Put(".oci/oci_api_key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
		}, 5, `~/\.oci/config:3: key_file is encrypted`, "openssl rsa -in HOME/.oci/oci_api_key.pem -out NEW"},
		{"encrypted, as openssl had it", "api_key", func(s *oracleScene) {
			s.Put(".oci/oci_api_key.pem", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n")
		}, 5, `~/\.oci/config:3: key_file is encrypted`, "openssl rsa -in HOME/.oci/oci_api_key.pem -out NEW"},
		{"signature", "api_key", answers("registry", 401, `{"code":"NotAuthenticated"}`), 5, `iad\.ocir\.io refused the signature \(401 NotAuthenticated\)`, doctor},
		{"signature and clock", "api_key", func(s *oracleScene) {
			date := time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat)
			s.oracle.Script(ocitest.Fault{On: "registry", Status: 401, Header: http.Header{"Date": {date}}})
		}, 5, `iad\.ocir\.io refused the signature \(401\); this machine's clock is 10 minutes behind Oracle's`, doctor},
		{"policy", "api_key", answers("registry", 403, `{"code":"NotAuthorizedOrNotFound","message":"canary"}`),
			5, `iad\.ocir\.io: not allowed \(403` + id + `\): a policy must say: allow … to read repos in …`, doctor},
		{"policy, by another status", "api_key", answers("registry", 404, `{"code":"NotAuthorizedOrNotFound","message":"canary"}`),
			5, `iad\.ocir\.io: not allowed \(404 NotAuthorizedOrNotFound` + id + `\): a policy must say: allow … to read repos in …`, doctor},
		{"nothing there", "api_key", answers("registry", 404, "<html>canary"), 5, `iad\.ocir\.io refused the request \(404` + id + `\)`, doctor},
		{"overload with a code", "api_key", answers("registry", 503, `{"code":"ServiceUnavailable"}`), 4, `iad\.ocir\.io can't answer now \(503 ServiceUnavailable` + id + `\)`, retry},
		{"overload", "api_key", answers("registry", 503, ""), 4, `iad\.ocir\.io can't answer now \(503 Service Unavailable` + id + `\)`, retry},
		{"limit", "api_key", answers("registry", 429, ""), 4, `iad\.ocir\.io can't answer now \(429 Too Many Requests` + id + `\)`, retry},
		{"no token in it", "api_key", answers("registry", 200, `{"canary":"canary"}`), 1, `iad\.ocir\.io answered without a token`, doctor},
		{"no life in it", "api_key", answers("registry", 200, `{"token":"canary","expires_in":0}`), 1, `iad\.ocir\.io answered without a token`, doctor},
		{"cut off", "api_key", func(s *oracleScene) { s.oracle.Script(ocitest.Fault{On: "registry", Do: ocitest.Cut}) },
			4, `iad\.ocir\.io: the request was sent, but no whole answer came`, retry},
		{"silence before TLS", "api_key", func(s *oracleScene) {
			l, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts
			if err != nil {
				s.Fatal(err)
			}
			s.Cleanup(func() { _ = l.Close() })
			s.Env = append(s.Env, "HTTPS_PROXY=http://"+l.Addr().String())
		}, 4, `iad\.ocir\.io: no connection within 10s, through the proxy 127\.0\.0\.1:\d+`, retry},
		{"another CA", "api_key", func(s *oracleScene) { s.Put("ca.pem", string(s.oracle.Cluster.PEM())) },
			5, `iad\.ocir\.io, through the proxy 127\.0\.0\.1:\d+: its certificate isn't signed by a trusted authority`, doctor},
		{"no instance", "instance", func(s *oracleScene) {
			s.reword(filepath.Join(s.Home, ".config/credential-idcs/config.toml"), s.oracle.MetadataURL(), "http://127.0.0.1:1/opc/v2")
		}, 5, `this is no OCI instance: 127\.0\.0\.1 doesn't answer`, doctor},
		{"a silent metadata service", "instance", func(s *oracleScene) { s.oracle.Script(ocitest.Fault{On: "metadata", Do: ocitest.Stall}) },
			5, `this is no OCI instance: 127\.0\.0\.1 doesn't answer`, doctor},
		{"a busy metadata service", "instance", answers("metadata", 429, ""), 4, `the metadata service is busy \(429\)`, retry},
		{"an unknown certificate", "instance", answers("x509", 401, ""), 5, `auth\.us-ashburn-1\.oraclecloud\.com doesn't know this instance's certificate \(401\)`, doctor},
		{"federation's overload", "instance", answers("x509", 500, ""), 4, `auth\.us-ashburn-1\.oraclecloud\.com can't answer now \(500 Internal Server Error` + id + `\)`, retry},
		{"a basic cluster", "workload", answers("workload", 403, ""), 5, `the cluster refuses workload identity \(403\): it must be an enhanced cluster`, doctor},
		{"no pod", "workload", func(s *oracleScene) {
			s.reword(filepath.Join(s.Home, ".config/credential-idcs/config.toml"), "endpoint", "#")
		}, 5, `KUBERNETES_SERVICE_HOST is not set: this is no pod`, doctor},
		{"version 1.1", "resource", env("OCI_RESOURCE_PRINCIPAL_VERSION=1.1"), 5, `OCI_RESOURCE_PRINCIPAL_VERSION is 1\.1.*2\.2.*`, doctor},
		{"version 3.0", "resource", env("OCI_RESOURCE_PRINCIPAL_VERSION=3.0"), 5, `OCI_RESOURCE_PRINCIPAL_VERSION is 3\.0.*2\.2.*`, doctor},
		{"no resource", "resource", env("OCI_RESOURCE_PRINCIPAL_VERSION="), 5, `OCI_RESOURCE_PRINCIPAL_VERSION is not set: this is no resource with a principal`, doctor},
		{"no session", "resource", env("OCI_RESOURCE_PRINCIPAL_RPST="), 5, `OCI_RESOURCE_PRINCIPAL_RPST is not set`, doctor},
		{"a relative path", "resource", env("OCI_RESOURCE_PRINCIPAL_RPST=rpst"), 5, `OCI_RESOURCE_PRINCIPAL_RPST holds no session token`, doctor},
		{"a path to nothing", "resource", env("OCI_RESOURCE_PRINCIPAL_RPST=/nowhere/rpst"), 5, `/nowhere/rpst can't be read: no such file or directory`, "ls -ld /nowhere/rpst"},
		{"no key", "resource", env("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM="), 5, `OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM is not set`, doctor},
		{"no region", "resource", env("OCI_RESOURCE_PRINCIPAL_REGION="), 5, `OCI_RESOURCE_PRINCIPAL_REGION names no region`, doctor},
		{"a passphrase", "resource", env("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE=x"), 5, `OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE is set, and encrypted keys aren't read`, doctor},
		{"an ended session", "resource", func(s *oracleScene) {
			other, err := s.oracle.WriteSession(filepath.Join(s.Home, ".oci"), "other")
			if err != nil {
				s.Fatal(err)
			}
			s.Env = append(s.Env, "OCI_RESOURCE_PRINCIPAL_RPST="+s.oracle.IssueFor(ocitest.ResourceID, &other.Key.PublicKey, time.Now().Add(-2*time.Hour), time.Hour))
		}, 5, `OCI_RESOURCE_PRINCIPAL_RPST ended at \d\d:\d\d`, doctor},
		{"no token", "workload", func(s *oracleScene) { s.remove(filepath.Join(s.Home, "account/token")) },
			5, `HOME/account/token can't be read: no such file or directory`, "ls -ld HOME/account/token"},
		{"no CA", "workload", func(s *oracleScene) { s.remove(filepath.Join(s.Home, "account/ca.crt")) },
			5, `HOME/account/ca\.crt can't be read: no such file or directory`, "ls -ld HOME/account/ca.crt"},
		{"another CA", "workload", func(s *oracleScene) { s.Put("account/ca.crt", string(s.oracle.CA.PEM())) },
			5, `the cluster's workload endpoint 127\.0\.0\.1:\d+: its certificate isn't signed by a trusted authority`, doctor},
		{"exchange refused", "exchange", exchange(400, "invalid_request"), 5, `the domain refused the exchange \(400 invalid_request, ECID A1b2\)`, doctor},
		{"exchange forbidden", "exchange", exchange(403, "unauthorized"), 5, `the domain refused the exchange \(403 unauthorized, ECID A1b2\)`, doctor},
		{"exchange later", "exchange", exchange(503, ""), 4, `the domain can't answer now \(503 Service Unavailable\)`, retry},
		{"exchange without a session", "exchange", func(s *oracleScene) {
			s.domain.Script(idcstest.Fault{On: idcstest.Exchange, At: idcstest.BeforeRotation, Status: 200, Body: `{"token":"canary"}`})
		}, 1, `the domain answered the exchange without a session`, doctor},
		{"what is exchanged, refused", "exchange", func(s *oracleScene) {
			s.domain.Script(idcstest.Fault{On: idcstest.ClientCredentials, At: idcstest.BeforeRotation, Status: 401, Error: "invalid_client", ECID: "A1b2"})
		}, 5, `the domain refused the client \(invalid_client, ecid A1b2\)`, doctor},
	} {
		t.Run(tt.principal+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			var domain *idcstest.Options
			if tt.principal == "exchange" {
				domain = &idcstest.Options{}
			}
			s := principalOf(t, tt.principal, ocitest.Options{}, domain)
			tt.arrange(s)
			text := regexp.MustCompile(`^profile work: ` + strings.ReplaceAll(tt.text, "HOME", regexp.QuoteMeta(s.Home)) + `$`)
			command := strings.ReplaceAll(tt.command, "HOME", s.Home)
			for _, c := range []machine.Call{pull, {Name: machine.People, Args: []string{"token", "work", "--target", "https://iad.ocir.io"}}} {
				try := s.patiently
				if strings.HasPrefix(tt.text, "this is no OCI instance") {
					try = s.Do
				}
				s.says(try(c), tt.exit, text, command)
			}
			if out := s.Do(machine.Status).Stdout; strings.Contains(out, "canary") {
				t.Errorf("status quotes an answer: %s", out)
			}
		})
	}
	for _, tt := range []struct {
		status int
		code   string
		exit   int
		text   string
	}{
		{400, "invalid_request", 5, `the domain refused the signed exchange (400 invalid_request, ECID A1b2)`},
		{401, "invalid_client", 5, `the domain refused the signed exchange (401 invalid_client, ECID A1b2)`},
		{403, "unauthorized", 5, `the domain refused the signed exchange (403 unauthorized, ECID A1b2)`},
		{503, "", 4, `the domain can't answer now (503)`},
	} {
		t.Run("signed exchange "+tt.text, func(t *testing.T) {
			t.Parallel()
			s := principalOf(t, "instance", ocitest.Options{}, &idcstest.Options{})
			exchange(tt.status, tt.code)(s)
			command := doctor
			if tt.exit == 4 {
				command = retry
			}
			got := s.patiently(clone)
			s.says(got, tt.exit, regexp.MustCompile("^profile work: "+regexp.QuoteMeta(tt.text)+"$"), command)
			if got.Stdout != "quit=1\n" {
				t.Errorf("git is told %q", got.Stdout)
			}
		})
	}
}

// says asserts what a call that failed said, and on what; docker's also says it on stdout.
func (s *oracleScene) says(got machine.Result, exit int, text *regexp.Regexp, command string) {
	s.Helper()
	line, ok := strings.CutPrefix(got.Stderr, "credential-idcs: ")
	message, rest, _ := strings.Cut(line, "\n")
	if got.Exit != got.Status(exit) || !ok || !text.MatchString(message) || rest != "\t"+command+"\n" || strings.Contains(got.Stdout+got.Stderr, "canary") {
		s.Errorf("%s\nwant exit %d, %s and %q", got, got.Status(exit), text, command)
	}
	if want := "credential-idcs: " + message + "; run: " + command + "\n"; got.Call.Name == pull.Name && got.Stdout != want {
		s.Errorf("docker's helper: stdout %q, want %q", got.Stdout, want)
	}
}

func (s *oracleScene) remove(path string) {
	s.Helper()
	if err := os.Remove(path); err != nil {
		s.Fatal(err)
	}
}

// An OCIR target without an [oci] table: nobody gets a token of the domain for it, and the rest goes on.
func TestARegistryOfOraclesWithoutAPrincipal(t *testing.T) {
	s := &oracleScene{T: t, Machine: machine.New(t, program, idcstest.Start(t, idcstest.Options{}), machine.Alone, "https://iad.ocir.io", "https://git.example.com")}
	want := regexp.MustCompile(`^profile work: https://iad\.ocir\.io takes no token of an identity domain; add \[profiles\.work\.oci\]$`)
	s.says(s.Do(pull), 5, want, "credential-idcs help oci")
	s.says(s.Do(machine.Call{Name: machine.People, Args: []string{"token", "work", "--target", "https://iad.ocir.io"}}), 5, want, "credential-idcs help oci")
	if r := s.Do(clone); r.Exit != 0 || r.Secret() == "" {
		t.Errorf("git: %s", r)
	}
	if r := s.Do(machine.Call{Name: machine.People, Args: []string{"help", "oci"}}); r.Exit != 0 || !strings.Contains(r.Stdout, "[profiles.work.oci]") {
		t.Errorf("%s", r)
	}
}

// What lives is served, however its successor fails, and status tells of the failure.
func TestALivingCredentialIsServed(t *testing.T) {
	for _, fault := range []ocitest.Fault{
		{Status: 401}, {Status: 403}, {Status: 503}, {Status: 200, Body: "{}"}, {Do: ocitest.Reset},
	} {
		s := principal(t, "api_key")
		first := s.secret(s.Do(pull))
		fault.On = "registry"
		s.oracle.Script(fault)
		if r := s.Do(machine.Refresh); r.Exit == 0 {
			t.Errorf("%s", r)
		}
		if s.secret(s.Do(pull)) != first {
			t.Errorf("%+v: another token", fault)
		}
		if r := s.Do(machine.Status); r.Exit != 0 || strings.Contains(r.Stdout, `"last_error": null`) || !strings.Contains(r.Stdout, "iad.ocir.io") {
			t.Errorf("%+v: %s\n%s", fault, r, r.Stdout)
		}
	}
}
