package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// The steps of TestTenant, in their order.

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

// letsKubectlIn sets up a copy of the kubeconfig. /version may be anybody's, /api is what a known user sees.
func (x *tenant) letsKubectlIn() {
	file := os.Getenv(envCluster)
	if file == "" {
		x.Skipf("%s names no kubeconfig", envCluster)
	}
	x.Tools = append(x.Tools, "KUBECONFIG="+file)
	copied := x.Put("kubeconfig", x.Works("kubectl", "config", "view", "--raw", "--flatten", "--minify"))
	r := x.Do(x.words("configure", "kubectl").With("KUBECONFIG=" + copied))
	if r.Exit != 0 {
		x.Fatalf("%s", r)
	}
	said := x.Works("kubectl", "--kubeconfig", copied, "get", "--raw", "/api")
	x.Logf("seen: kubectl get --raw /api: %d bytes", len(said))
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
