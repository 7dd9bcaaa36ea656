package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
)

// run is the demo from its beginning to its end.
func run(ctx context.Context, d demo) (err error) {
	s, err := newStage(ctx, d)
	if err != nil {
		return err
	}
	defer func() {
		if e := s.close(); err == nil && e == nil {
			s.say("\nAll worked. The servers are down, the temporary folder is gone.")
			s.say("Next: ./install.sh, then credential-idcs init, as in README.md.")
		} else if err == nil {
			err = e
		}
	}()
	for _, act := range []func(context.Context) error{
		s.introduce, s.setUp, s.beforeLogin, s.login, s.firstRound, s.expire, s.secondRound, s.logout,
	} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	if broken := s.domain.Broken(); len(broken) != 0 {
		return s.wrong("the domain saw what no client may do: %q", broken)
	}
	return nil
}

func (s *stage) introduce(context.Context) error {
	s.say("A demo of credential-idcs. All servers are on this machine, all files in a temporary folder, shown as ~.")
	s.say("")
	s.say("identity domain  %s  its refresh tokens work once", s.domain.URL())
	s.say("git server       %s  wants the domain's access token", s.git.URL)
	s.say("registry         %s  wants the domain's access token", s.registry.URL)
	s.say("Kubernetes API   %s  wants the domain's access token", s.api.URL)
	return nil
}

// setUp is what a person does once: the profile, and a command for each tool.
func (s *stage) setUp(ctx context.Context) error {
	s.title("What is set up, once")
	lines := []string{"cat .config/credential-idcs/config.toml", "credential-idcs configure git"}
	if present("docker") {
		lines = append(lines, "credential-idcs configure docker "+s.registry.Host)
	}
	if present("kubectl") {
		lines = append(lines, "credential-idcs configure kubectl --context demo > for-the-administrator.yaml")
	}
	for _, line := range lines {
		if err := s.run(ctx, line, 0); err != nil {
			return err
		}
	}
	return nil
}

// beforeLogin shows what somebody sees who forgot to log in.
func (s *stage) beforeLogin(ctx context.Context) error {
	s.title("Before the login")
	if err := s.run(ctx, s.clone("app"), 128, "login needed", "\tcredential-idcs login demo"); err != nil {
		return err
	}
	return s.domainHeard("nothing")
}

func (s *stage) login(ctx context.Context) error {
	s.title("One login")
	if err := s.run(ctx, "credential-idcs login demo --password-stdin < password.txt", 0); err != nil {
		return err
	}
	if err := s.run(ctx, "credential-idcs status demo", 0, "demo", s.domain.User.Name, "fresh"); err != nil {
		return err
	}
	return s.domainHeard("1 password login")
}

// firstRound uses the token of the login, which is in the cache.
func (s *stage) firstRound(ctx context.Context) error {
	s.title("git, docker and kubectl get their token from the cache")
	if err := s.run(ctx, s.clone("app"), 0); err != nil {
		return err
	}
	if err := s.run(ctx, "cat app/README.md", 0, "Only those with a token"); err != nil {
		return err
	}
	if err := s.letIn("git server", s.git); err != nil {
		return err
	}
	if err := s.docker(ctx); err != nil {
		return err
	}
	if err := s.kubectl(ctx); err != nil {
		return err
	}
	return s.domainHeard("nothing")
}

// docker logs in where an engine answers, since `docker login HOST` asks the engine to try what the
// helper gave. The manifest needs the command line alone.
func (s *stage) docker(ctx context.Context) error {
	if !present("docker") {
		s.say("# docker is not installed: left out")
		return nil
	}
	if s.engine(ctx) {
		if err := s.run(ctx, "docker login "+s.registry.Host, 0, "Login Succeeded"); err != nil {
			return err
		}
	}
	if err := s.run(ctx, s.inspect(), 0, `"schemaVersion"`); err != nil {
		return err
	}
	return s.letIn("registry", s.registry)
}

func (s *stage) kubectl(ctx context.Context) error {
	if !present("kubectl") {
		s.say("# kubectl is not installed: left out")
		return nil
	}
	if err := s.run(ctx, whoami, 0, s.domain.User.Name); err != nil {
		return err
	}
	return s.letIn("Kubernetes API", s.api)
}

// expire waits until the domain itself no longer accepts the token.
func (s *stage) expire(ctx context.Context) error {
	s.title("The token expires")
	old := s.silently(ctx, "credential-idcs token demo --min-ttl 0s")
	if err := s.judge(ctx, old, 0); err != nil {
		return err
	}
	var status []struct {
		Expires time.Time `json:"expires_at"`
	}
	r := s.silently(ctx, "credential-idcs status demo --json")
	if err := json.Unmarshal([]byte(r.output), &status); err != nil || len(status) != 1 {
		return s.wrong("status --json: %v\n%s", err, r.output)
	}
	s.say("# waiting until the domain no longer accepts it")
	token := strings.TrimSpace(old.output)
	for _, err := s.domain.Verify(token); err == nil || time.Now().Before(status[0].Expires); _, err = s.domain.Verify(token) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	if err := s.run(ctx, "credential-idcs status demo", 0, "expired"); err != nil {
		return err
	}
	return s.domainHeard("nothing")
}

// secondRound starts all three at the same moment on the expired token: one of them refreshes, the
// others wait for it. A refresh token works once, so a second refresh would end the login.
func (s *stage) secondRound(ctx context.Context) error {
	s.title("The same again, all at the same moment: one of them refreshes")
	lines := []string{"git -C app pull"}
	if present("docker") {
		lines = append(lines, s.inspect())
	}
	if present("kubectl") {
		lines = append(lines, whoami)
	}
	if err := s.together(ctx, lines...); err != nil {
		return err
	}
	if err := s.domainHeard("1 refresh"); err != nil {
		return err
	}
	for _, server := range []*servers.Server{s.git, s.registry, s.api} {
		if n := server.Tally().Refused; n != 0 {
			return s.wrong("%s got %d requests with a token that is no good", server.URL, n)
		}
	}
	s.say("# no server was sent an expired token")
	return nil
}

func (s *stage) logout(ctx context.Context) error {
	s.title("And out again")
	if err := s.run(ctx, "credential-idcs logout demo", 0); err != nil {
		return err
	}
	if err := s.domainHeard("1 revocation"); err != nil {
		return err
	}
	return s.run(ctx, "credential-idcs status demo", 0, "none")
}

const whoami = "kubectl get --raw " + servers.WhoAmI

func (s *stage) inspect() string {
	return "docker manifest inspect " + s.registry.Host + "/" + servers.Image
}

func (s *stage) clone(into string) string {
	return "git clone " + s.git.URL + servers.Repository + " " + into
}
