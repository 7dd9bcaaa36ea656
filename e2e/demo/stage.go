package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// As which application of the domain the program logs in, and for what.
const (
	clientID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	scope    = "urn:opc:idm:__myscopes__"
)

// A demo is what it needs to know from outside.
type demo struct {
	bin        string // the folder with the program and its links
	dockerHost string // the docker engine that the user set, or ""
	out        io.Writer
}

// A stage is the domain and the servers, and a home folder that is set up for them.
type stage struct {
	*shell
	folder   string
	domain   *idcstest.Server
	git      *servers.Server
	registry *servers.Server
	api      *servers.Server

	heard map[string]int // what the domain had heard at the last look
}

// newStage starts everything. The caller closes it; if it fails, nothing is left.
func newStage(ctx context.Context, d demo) (_ *stage, err error) {
	bin, err := filepath.Abs(d.bin)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "credential-idcs-demo-")
	if err != nil {
		return nil, err
	}
	s := &stage{folder: folder, heard: map[string]int{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	home := filepath.Join(folder, "home")
	for _, f := range []string{home, home + "/.run", home + "/.tmp", home + "/.local", folder + "/repositories"} {
		if err := os.Mkdir(f, 0o700); err != nil {
			return nil, err
		}
	}
	// Installed as for a person, so that what configure writes is the path that they will see.
	if err := os.CopyFS(home+"/.local/bin", os.DirFS(bin)); err != nil {
		return nil, err
	}
	s.shell = &shell{
		out:  d.out,
		home: home,
		env:  environment(home, d.dockerHost),
		seen: map[string]string{},
	}
	if err := s.startServers(ctx); err != nil {
		return nil, err
	}
	return s, s.writeFiles()
}

// firstLife is how long the token of the login shall live: short enough to wait for its end, long
// enough for three commands to use it, on this machine as busy as it is now.
func (s *stage) firstLife(ctx context.Context) time.Duration {
	begin := time.Now()
	for _, program := range []string{"git --version", "docker --version", "kubectl version --client"} {
		s.silently(ctx, program) // a missing one takes no time
	}
	return (8*time.Second + 20*time.Since(begin)).Truncate(time.Second)
}

// startServers starts the domain, and the servers with certificates of its authority.
func (s *stage) startServers(ctx context.Context) (err error) {
	s.domain, err = idcstest.New(idcstest.Options{
		// A login gets a token for what is left of the session, a refresh one for the default hour: so
		// the first token dies soon, and one refresh is all that is due afterwards.
		SessionTTL: s.firstLife(ctx),
	})
	if err != nil {
		return err
	}
	// A name that is the same in each run, and a secret that isn't.
	client := s.domain.SecretClient
	client.ID = clientID
	if err := s.domain.AddClient(client); err != nil {
		return err
	}
	cert, err := s.domain.CA.Issue("127.0.0.1")
	if err != nil {
		return err
	}
	if s.git, err = servers.Git(ctx, cert, s.domain.Access, filepath.Join(s.folder, "repositories")); err != nil {
		return err
	}
	if s.registry, err = servers.Registry(cert, s.domain.Access); err != nil {
		return err
	}
	s.api, err = servers.API(cert, s.domain.Access)
	return err
}

// close ends the servers and removes the folder.
func (s *stage) close() error {
	var errs []error
	for _, server := range []*servers.Server{s.git, s.registry, s.api} {
		if server != nil {
			errs = append(errs, server.Close())
		}
	}
	if s.domain != nil {
		s.domain.Close()
	}
	return errors.Join(append(errs, os.RemoveAll(s.folder))...)
}

// writeFiles writes what a person and an administrator would have written: see setUp for what is
// shown of it.
func (s *stage) writeFiles() error {
	files := map[string]string{
		"ca.pem":                                string(s.domain.CA.PEM()),
		"password.txt":                          s.domain.User.Password + "\n",
		".config/credential-idcs/client.secret": s.domain.SecretClient.Secret + "\n",
		".config/credential-idcs/config.toml": fmt.Sprintf(`[profiles.demo]
domain    = %q
client_id = %q
login     = "password"
username  = %q
scope     = %q
ca_file   = "~/ca.pem"
targets   = [
  %q,
  %q,
  %q,
]

[profiles.demo.client]
secret_file = "client.secret"
`, s.domain.URL(), clientID, s.domain.User.Name, scope, s.git.URL, s.registry.URL, s.api.URL),
		".kube/config": fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
- name: demo
  cluster:
    server: %s
    certificate-authority: ../ca.pem
contexts:
- name: demo
  context:
    cluster: demo
current-context: demo
`, s.api.URL),
	}
	for name, content := range files {
		path := filepath.Join(s.home, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}
