//go:build linux

package git

import (
	"fmt"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

// Clone, fetch, and pushes below and above http.postBuffer, each with an expired token: each costs
// one refresh, and the server sees no token that it refuses.
func TestGit(t *testing.T) {
	each(t, func(h *hosting, scheme string) {
		if scheme == "Bearer" {
			// From 2.46 up to the fix of January 2026 git sends the probe before a push in chunks without
			// the header, and gives up at the 401. Buffering the push avoids the probe.
			h.Types("git config --global http.postBuffer 8m")
		}
		for _, step := range []struct {
			line string
			size int // of what is committed before
		}{
			{line: "git clone --quiet $URL clone"},
			{line: "git ls-remote $URL"},
			{line: "git -C clone fetch --quiet"},
			{line: "git -C clone push --quiet", size: 1 << 10},
			{line: "git -C clone push --quiet", size: 4 << 20},
			{line: "git -C clone maintenance run --task=prefetch"}, // as the scheduler does
		} {
			if step.size > 0 {
				h.commit(step.size)
			}
			h.Expire()
			before := h.server.Tally()
			h.Pays(1, step.line)
			after := h.server.Tally()
			if after.Accepted == before.Accepted || after.Refused > 0 || after.Scheme != scheme || after.User != h.Domain.User.Name {
				h.Errorf("%s: the server saw %+v, want %s", step.line, after, scheme)
			}
		}
		here := h.Types("git -C clone rev-parse HEAD")
		there := h.Types("git ls-remote $URL refs/heads/main")
		if !strings.HasPrefix(there, strings.TrimSpace(here)) {
			h.Errorf("pushed %s, the server has %s", here, there)
		}
		h.Chain()
	})
}

// The helper's words reach the person, or the log of what runs by itself, and git asks for no password.
func TestGitWithoutLogin(t *testing.T) {
	each(t, func(h *hosting, _ string) {
		h.Types("git clone --quiet $URL clone")
		before := h.server.Tally()
		h.LogsOut()
		for _, line := range []string{
			"git ls-remote $URL",
			"git -C clone fetch --quiet",
			"git -C clone -c credential.interactive=false maintenance run --task=prefetch",
		} {
			if said := h.Fails(line, machine.NeedsLogin...); strings.Contains(said, "could not read") {
				h.Errorf("%s: git wanted to ask:\n%s", line, said)
			}
		}
		if tally := h.server.Tally(); tally.Accepted > before.Accepted || tally.Refused > 0 {
			h.Errorf("the server saw %+v, then %+v", before, tally)
		}
	})
}

// With http.proactiveAuth git asks us before any server has spoken, and the first request has the token.
// The setting names the scheme, and "auto" is Basic, so a server that wants Bearer needs scheme = "bearer".
func TestGitAsksBeforeTheServerDoes(t *testing.T) {
	for _, offer := range []string{"Basic", "Bearer"} {
		t.Run(offer, func(t *testing.T) {
			h := set(t, "git-trixie", offer)
			h.Profile.Tables = fmt.Sprintf("[profiles.work.target.%q]\nscheme = %q\n", h.server.URL, strings.ToLower(offer))
			h.Configure()
			for _, setting := range []string{"basic", "auto"} {
				h.Expire()
				h.Pays(1, "git -c http.proactiveAuth="+setting+" ls-remote $URL")
			}
			if tally := h.server.Tally(); tally.Anonymous+tally.Refused > 0 || tally.Scheme != offer {
				t.Errorf("the server saw %+v", tally)
			}
		})
	}
}
