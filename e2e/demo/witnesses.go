package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"

	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// domainHeard says what the domain heard since the last look, and fails unless that is want.
func (s *stage) domainHeard(want string) error {
	names := []struct{ post, one string }{
		{idcstest.Password, "password login"}, {idcstest.Refresh, "refresh"}, {"revoke", "revocation"},
	}
	now := s.domain.Counts().Posts
	var parts []string
	other := total(now) - total(s.heard)
	for _, n := range names {
		if k := now[n.post] - s.heard[n.post]; k != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", k, n.one))
			other -= k
		}
	}
	if other != 0 {
		parts = append(parts, fmt.Sprintf("%d other requests", other))
	}
	s.heard = now
	got := strings.Join(parts, ", ")
	if got == "" {
		got = "nothing"
	}
	s.say("# the domain heard: %s", got)
	if got != want {
		s.say("%s", s.domain.JournalText())
		return s.wrong("it should have been: %s", want)
	}
	return nil
}

func total(counts map[string]int) (n int) {
	for _, k := range counts {
		n += k
	}
	return n
}

// letIn says whom a server has let in, and fails unless it was the user.
func (s *stage) letIn(name string, server *servers.Server) error {
	t := server.Tally()
	if t.User != s.domain.User.Name || t.Refused != 0 {
		return s.wrong("the %s: %+v", name, t)
	}
	s.say("# the %s let in %s, token sent as %s", name, t.User, t.Scheme)
	return nil
}

func present(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// engine tells whether a docker engine answers that can reach this machine's loopback. One in a
// virtual machine, as Docker Desktop has it, can't.
func (s *stage) engine(ctx context.Context) bool {
	r := s.silently(ctx, "docker info --format '{{.OperatingSystem}}'")
	if r.err == nil && r.status == 0 && strings.TrimSpace(r.output) != "" && runtime.GOOS == "linux" && !strings.Contains(r.output, "Docker Desktop") {
		return true
	}
	s.say("# no docker engine answers here, so the step `docker login` is left out")
	return false
}
