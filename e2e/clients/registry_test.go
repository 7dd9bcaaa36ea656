//go:build linux

package clients

import (
	"fmt"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/machine"
	"github.com/credential-idcs/credential-idcs/e2e/need"
	"github.com/credential-idcs/credential-idcs/e2e/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A client is a program that speaks to registries: how it reads a manifest and how it pulls an image.
type client struct {
	name     string
	manifest func(s *stage, image string) []string
	pull     func(s *stage, image string) []string
}

var clients = []client{
	{
		"crane",
		func(_ *stage, image string) []string { return []string{"crane", "manifest", image} },
		func(s *stage, image string) []string { return []string{"crane", "pull", image, s.Home + "/image.tar"} },
	},
	{
		// oras would speak http to this machine.
		"oras",
		func(_ *stage, image string) []string {
			return []string{"oras", "manifest", "fetch", "--plain-http=false", image}
		},
		func(s *stage, image string) []string {
			return []string{"oras", "copy", "--from-plain-http=false", image, "--to-oci-layout", s.Home + "/layout:1"}
		},
	},
	{
		"skopeo",
		func(_ *stage, image string) []string {
			return []string{"skopeo", "inspect", "--raw", "docker://" + image}
		},
		func(s *stage, image string) []string {
			return []string{"skopeo", "--insecure-policy", "copy", "docker://" + image, "dir:" + s.Home + "/image"}
		},
	},
	{
		"podman",
		func(s *stage, image string) []string { return append(podman(s), "manifest", "inspect", image) },
		func(s *stage, image string) []string {
			policy := s.Put("policy.json", `{"default": [{"type": "insecureAcceptAnything"}]}`)
			return append(podman(s), "pull", "--signature-policy="+policy, image)
		},
	},
}

// podman is the command with a store of its own, which asks nothing of the kernel.
func podman(s *stage) []string {
	return []string{"podman", "--storage-driver=vfs", "--root=" + s.Home + "/storage", "--runroot=" + s.Home + "/run"}
}

// Each client, with nothing but credHelpers: it gets in, it gets in again after the token has
// expired, which costs one refresh, and after a logout it shows what the helper says.
func TestRegistryClients(t *testing.T) {
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			need.Tool(t, c.name)
			s := set(t, func(domain *idcstest.Server) (*servers.Server, error) {
				cert, err := domain.CA.Issue("127.0.0.1")
				if err != nil {
					return nil, err
				}
				return servers.Registry(cert, domain.Access)
			})
			registry := s.server
			s.Put(".docker/config.json", fmt.Sprintf(`{"credHelpers": {%q: "idcs"}}`, registry.Host))
			image := registry.Host + "/" + servers.Image

			if said := s.Works(c.manifest(s, image)...); !strings.Contains(said, "schemaVersion") {
				t.Errorf("no manifest: %s", said)
			}
			tally := registry.Tally()
			if tally.Accepted == 0 || tally.User != s.Domain.User.Name {
				t.Errorf("the registry saw %+v", tally)
			}
			s.Expire()
			before := s.Domain.Posts(idcstest.Refresh)
			s.Works(c.pull(s, image)...)
			if n := s.Domain.Posts(idcstest.Refresh) - before; n != 1 {
				t.Errorf("%d refreshes, want 1", n)
			}
			if now := registry.Tally(); now.Accepted <= tally.Accepted || now.Refused > 0 {
				t.Errorf("the registry saw %+v, then %+v", tally, now)
			}
			s.Chain()

			if r := s.Do(machine.Logout); r.Exit != 0 {
				t.Errorf("%s", r)
			}
			said, err := s.Try(c.manifest(s, image)...)
			if err == nil {
				t.Errorf("gets in without a token: %s", said)
			}
			for _, want := range []string{"login needed", "credential-idcs login work"} {
				if !strings.Contains(said, want) {
					t.Errorf("no %q in what the person reads: %s", want, said)
				}
			}
		})
	}
}
