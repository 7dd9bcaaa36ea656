package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

// What names a real domain, for TestTenant.
const (
	envConfig   = "CREDENTIAL_IDCS_TENANT_CONFIG"             // a config.toml: domain, client, login, targets
	envProfile  = "CREDENTIAL_IDCS_TENANT_PROFILE"            // its profile; default: the one that the program takes
	envPassword = "CREDENTIAL_IDCS_TENANT_PASSWORD_FILE"      // for login = "password"
	envRefresh  = "CREDENTIAL_IDCS_TENANT_REFRESH_TOKEN_FILE" // a refresh token to log in with; it is spent afterwards
	envGit      = "CREDENTIAL_IDCS_TENANT_GIT"                // URL of a repository at one of the targets
	envImage    = "CREDENTIAL_IDCS_TENANT_IMAGE"              // an image at one of the targets
	envCluster  = "CREDENTIAL_IDCS_TENANT_KUBECONFIG"         // a kubeconfig whose current context is at one of the targets
	envReuse    = "CREDENTIAL_IDCS_TENANT_REUSE"              // 1: present a spent refresh token, which may end the login
)

// The promises, against the domain that the environment names. What is learnt of the domain, which no
// page of Oracle says, is logged in lines that begin with "seen:"; no line holds a token.
//
//	CREDENTIAL_IDCS_TENANT_CONFIG=$HOME/.config/credential-idcs/config.toml \
//	CREDENTIAL_IDCS_TENANT_PROFILE=work go test ./e2e -run 'Tenant$' -v -count 1
//
// It makes a login of its own in a temporary cache folder, some ten refreshes, and a logout. Existing
// logins are left alone.
func TestTenant(t *testing.T) {
	if os.Getenv(envConfig) == "" {
		// With CI=true, too: no machine can install a domain. TestTenantHere proves that this test works.
		t.Skipf("no domain: set %s, and as needed %s, %s, %s, %s, %s, %s, %s=1", envConfig, envProfile, envPassword, envRefresh, envGit, envImage, envCluster, envReuse)
	}
	keepPromises(t, build(t), func(string) {})
}

func build(t *testing.T) machine.Program {
	t.Helper()
	program, err := machine.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// A tenant is a profile of somebody's domain, in a cache folder of the test's own.
type tenant struct {
	*testing.T
	*machine.Machine
	profile []string // --profile NAME, or nothing
	log     string   // of --debug, of all calls
}

// keepPromises is TestTenant. replay is told before a spent refresh token is presented.
func keepPromises(t *testing.T, program machine.Program, replay func(refresh string)) {
	x := enter(t, program)
	if targets := x.oracles(); len(targets) > 0 {
		x.keepOraclesPromises(targets)
		return
	}
	if !t.Run("login", x.in((*tenant).logsIn)) {
		return
	}
	// Whatever comes: no login is left behind.
	defer x.call("logout")
	x.Run("cache", x.in((*tenant).answersFromTheCache))
	x.Run("crowd", x.in((*tenant).refreshesOnce))
	x.Run("rotation", x.in((*tenant).refreshesAgain))
	x.Run("git", x.in((*tenant).letsGitIn))
	x.Run("image", x.in((*tenant).letsDockerIn))
	x.Run("cluster", x.in((*tenant).letsKubectlIn))
	if os.Getenv(envReuse) == "1" {
		x.Run("reuse", x.in(func(x *tenant) { x.presentsASpentToken(replay) }))
	} else {
		x.Logf("a spent refresh token is not tried: %s=1 does, and may end the login", envReuse)
	}
	x.Run("logout", x.in((*tenant).revokes))
}

// enter is a person's machine as it is, but for the cache: the configuration may name variables,
// commands and files of the home folder.
func enter(t *testing.T, program machine.Program) *tenant {
	x := &tenant{T: t, Machine: machine.Home(t, program)}
	config, err := filepath.Abs(os.Getenv(envConfig))
	if err != nil {
		t.Fatal(err)
	}
	x.log = filepath.Join(x.Home, "debug.log")
	x.Env = append(os.Environ(),
		"PATH="+string(program)+":"+os.Getenv("PATH"), "GIT_TERMINAL_PROMPT=0",
		"CREDENTIAL_IDCS_CONFIG="+config, "CREDENTIAL_IDCS_CACHE_DIR="+x.Cache,
		"CREDENTIAL_IDCS_DEBUG="+x.log, "CREDENTIAL_IDCS_PROFILE=")
	if name := os.Getenv(envProfile); name != "" {
		x.profile = []string{"--profile", name}
	}
	return x
}

// in is a step of the test under its own T.
func (x *tenant) in(step func(*tenant)) func(*testing.T) {
	return func(t *testing.T) {
		m := *x.Machine
		m.T = t
		step(&tenant{T: t, Machine: &m, profile: x.profile, log: x.log})
	}
}

// call runs the program as people do.
func (x *tenant) call(words ...string) machine.Result {
	x.Helper()
	return x.Do(x.words(words...))
}

func (x *tenant) words(words ...string) machine.Call {
	return machine.Call{Name: machine.People, Args: append(words, x.profile...)}
}

// token is what `token` prints.
func (x *tenant) token() string {
	x.Helper()
	r := x.call("token")
	if r.Exit != 0 {
		x.Fatalf("%s", r)
	}
	return r.Secret()
}

// A row is what `status` says of a profile.
type row struct {
	State       string
	Refreshable bool
}

func (x *tenant) status() row {
	x.Helper()
	r := x.call("status", "--json")
	var rows []row
	if err := json.Unmarshal([]byte(r.Stdout), &rows); err != nil || len(rows) != 1 {
		x.Fatalf("status --json has no one row: %s", r)
	}
	return rows[0]
}

// sent counts the token requests so far, by the program's own log. A domain tells nobody.
func (x *tenant) sent() int {
	log, _ := os.ReadFile(x.log) // no file: nothing was logged
	return strings.Count(string(log), `msg="connected, sending"`)
}

// last is the last of what a pattern finds in that log.
func (x *tenant) last(pattern string) string {
	log, _ := os.ReadFile(x.log)
	found := regexp.MustCompile(pattern).FindAllString(string(log), -1)
	if len(found) == 0 {
		return "nothing"
	}
	return found[len(found)-1]
}

// answer is what the last token answer brought.
const answer = "life=.*"
