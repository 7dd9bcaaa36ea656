package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// What names a real domain, for TestTenant.
const (
	envConfig   = "CREDENTIAL_IDCS_TENANT_CONFIG"             // a config.toml: domain, client, login, targets
	envProfile  = "CREDENTIAL_IDCS_TENANT_PROFILE"            // its profile; default: the one that the program takes
	envPassword = "CREDENTIAL_IDCS_TENANT_PASSWORD_FILE"      // for login = "password"
	envRefresh  = "CREDENTIAL_IDCS_TENANT_REFRESH_TOKEN_FILE" // a refresh token to log in with; it is spent afterwards
	envGit      = "CREDENTIAL_IDCS_TENANT_GIT"                // URL of a repository at one of the targets
	envImage    = "CREDENTIAL_IDCS_TENANT_IMAGE"              // an image at one of the targets
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
		t.Skipf("no domain: set %s, and as needed %s, %s, %s, %s, %s, %s=1", envConfig, envProfile, envPassword, envRefresh, envGit, envImage, envReuse)
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

// logsIn logs in by the profile's method, or with the refresh token given. A person may have to do
// something, and reads what.
func (x *tenant) logsIn() {
	args, stdin := []string{"login"}, ""
	for env, option := range map[string]string{envPassword: "--password-stdin", envRefresh: "--refresh-token-stdin"} {
		if file := os.Getenv(env); file != "" {
			b, err := os.ReadFile(file)
			if err != nil {
				x.Fatal(err)
			}
			args, stdin = append(args, option), string(b)
		}
	}
	c := x.words(args...)
	cmd := exec.CommandContext(x.Context(), filepath.Join(string(x.Program), c.Name), c.Args...)
	var said strings.Builder
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = x.Env, strings.NewReader(stdin), os.Stdout, io.MultiWriter(os.Stderr, &said)
	if err := cmd.Run(); err != nil {
		x.Fatalf("login: %v\n%s", err, said.String())
	}
	if s := x.status(); s.State != "fresh" {
		x.Errorf("status says %s after the login", s.State)
	}
	x.Logf("seen: %s", x.last(answer))
}

// A token that lives is answered to all protocols, and the domain hears nothing.
func (x *tenant) answersFromTheCache() {
	before := x.sent()
	token := x.token()
	if x.token() != token {
		x.Error("two calls got two tokens")
	}
	kubectl := x.call("kubectl")
	var said struct{ Status struct{ Token string } }
	if err := json.Unmarshal([]byte(kubectl.Stdout), &said); kubectl.Exit != 0 || err != nil || said.Status.Token == "" {
		x.Errorf("kubectl: %s", kubectl)
	}
	if n := x.sent() - before; n != 0 {
		x.Errorf("%d requests for what the cache has", n)
	}
}

// 32 processes find the token expired: one request, and one token for all. What is old is only the
// program's own note of it, in the test's own folder; the domain's token lives.
func (x *tenant) refreshesOnce() {
	old := x.token()
	for range 3 {
		x.Expire()
		before := x.sent()
		calls := make([]machine.Call, 32)
		for i := range calls {
			calls[i] = x.words("token")
		}
		results := x.Crowd(calls...)
		token := results[0].Secret()
		for _, r := range results {
			if r.Exit != 0 || r.Secret() == "" || r.Secret() != token {
				x.Errorf("%s; want token %s", r, idcstest.Digest(token))
			}
		}
		if token == old {
			x.Error("the expired token was answered again")
		}
		if n := x.sent() - before; n != 1 {
			x.Errorf("%d requests for one expired token", n)
		}
		old = token
	}
	x.Litter()
}

// Each refresh is good for the next one.
func (x *tenant) refreshesAgain() {
	if x.Stored().Refresh == "" {
		x.Skip("this login has no refresh token")
	}
	for range 3 {
		before := x.Stored()
		if r := x.call("refresh"); r.Exit != 0 {
			x.Fatalf("%s", r)
		}
		after := x.Stored()
		if after.Access == before.Access {
			x.Error("the refresh brought the same access token")
		}
		x.Logf("seen: another refresh token: %v; %s", after.Refresh != before.Refresh, x.last(answer))
	}
}

func (x *tenant) letsGitIn() {
	url := os.Getenv(envGit)
	if url == "" {
		x.Skipf("%s names no repository", envGit)
	}
	// The empty helper cuts off those of the person's own configuration.
	said := x.Works("git", "-c", "credential.helper=", "-c", "credential.helper="+x.helper("git"), "ls-remote", url)
	x.Logf("seen: git ls-remote lists %d refs", strings.Count(said, "refs/"))
}

// helper is a helper's command with the profile.
func (x *tenant) helper(protocol string) string {
	return "!" + strings.Join(append([]string{filepath.Join(string(x.Program), protocol+"-credential-idcs")}, x.profile...), " ")
}

func (x *tenant) letsDockerIn() {
	image := os.Getenv(envImage)
	if image == "" {
		x.Skipf("%s names no image", envImage)
	}
	host, _, _ := strings.Cut(image, "/")
	x.Put("docker/config.json", fmt.Sprintf(`{"credHelpers": {%q: "idcs"}}`, host))
	x.Tools = append(x.Tools, "DOCKER_CONFIG="+filepath.Join(x.Home, "docker"))
	x.Works("docker", "manifest", "inspect", image)
}

// What a second use of a refresh token does is the domain's business. Ours is that the program says so
// and keeps what it has, if the domain lets it.
func (x *tenant) presentsASpentToken(replay func(string)) {
	spent := x.Stored().Refresh
	if spent == "" {
		x.Skip("this login has no refresh token")
	}
	if r := x.call("refresh"); r.Exit != 0 {
		x.Fatalf("%s", r)
	}
	replay(spent)
	r := x.elsewhere(spent)
	x.Logf("seen: a spent refresh token: exit %d, %s", r.Exit, r.Stderr)
	after := x.call("refresh")
	if after.Exit != 0 && after.Exit != 3 {
		x.Errorf("%s", after)
	}
	x.Logf("seen: the next refresh of that login: exit %d, %s", after.Exit, x.last("grant=[a-z_]+"))
}

// elsewhere logs in with a refresh token, on another machine.
func (x *tenant) elsewhere(refresh string) machine.Result {
	c := x.words("login", "--refresh-token-stdin").With("CREDENTIAL_IDCS_CACHE_DIR=" + x.TempDir())
	c.Stdin = refresh + "\n"
	return x.Do(c)
}

// A logout deletes the tokens here, and the domain takes the refresh token no more.
func (x *tenant) revokes() {
	refresh := x.Stored().Refresh
	if !x.status().Refreshable {
		refresh = "" // the domain has ended this login already
	}
	if r := x.call("logout"); r.Exit != 0 {
		x.Errorf("%s", r)
	}
	if s := x.status(); s.State != "none" {
		x.Errorf("status says %s after the logout", s.State)
	}
	if refresh == "" {
		return
	}
	if r := x.elsewhere(refresh); r.Exit == 0 {
		x.Error("a refresh token that was revoked is still accepted")
	}
}
