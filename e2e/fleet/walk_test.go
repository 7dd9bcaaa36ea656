//go:build linux

package fleet

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// The five minutes of docs/fleet.md, command by command as they stand there. Put in is the test's domain
// alone: where it is, whom it trusts, and the client. There are no nodes here, so the test does for the
// pods what a kubelet does: it gives them the files and the account that the manifests name.
func testWalk(t *testing.T, api *cluster.Server) {
	s := emptyStage(t, api, "")
	s.domain = idcstest.Start(t, idcstest.Options{Rotation: idcstest.StrictRevoke})
	b, err := os.ReadFile("../../docs/fleet.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\n## Five minutes\n")
	section, _, _ = strings.Cut(section, "\n## ")
	parts := strings.Split(section, "\n```")
	if len(parts) != 5 {
		t.Fatalf("the section has %d blocks, want the configuration and the commands", len(parts)/2)
	}
	toml := strings.TrimPrefix(parts[1], "toml\n")
	client := s.domain.SecretClient
	for shown, here := range map[string]string{
		`"https://idcs-00112233445566778899aabbccddeeff.identity.oraclecloud.com"`: `"` + s.domain.URL() + "\"\nca_file = \"ca.pem\"",
		"0a1b2c3d4e5f60718293a4b5c6d7e8f9":                                         client.ID,
	} {
		if strings.Count(toml, shown) != 1 {
			t.Fatalf("the page has no %s", shown)
		}
		toml = strings.Replace(toml, shown, here, 1)
	}
	s.write("fleet.toml", toml)
	s.write("client.secret", client.Secret+"\n")
	s.write("ca.pem", string(s.domain.CA.PEM()))
	if err := os.Chmod(filepath.Join(s.folder, "fleet.toml"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.kubectl("", "create", "namespace", "team-a") // it has to be there, says the page

	var made string // the command that the first one prints
	var pod *replica
	commands := regexp.MustCompile(`(?m)\|\n`).ReplaceAllString(parts[3], "| ")
	for line := range strings.Lines(strings.TrimSpace(commands)) {
		line = strings.TrimSpace(line)
		code := regexp.MustCompile(`enter the code (\S+)`)
		if strings.Contains(line, " status ") {
			s.until("the Secret is filled", func() bool {
				o := s.secret("team-a", "registry-pull")
				return strings.Contains(string(o.Data[".dockerconfigjson"]), "registry.example.com")
			})
		}
		shell := s.shell(line)
		if strings.Contains(line, " login ") {
			if !s.domain.ApproveDevice(shell.shows(code), "") {
				t.Error("nobody waits")
			}
		}
		out, status := shell.ends()
		if status != 0 {
			t.Fatalf("%s: %d\n%s", line, status, out)
		}
		if i := strings.Index(out, "\tkubectl "); i >= 0 {
			made, _, _ = strings.Cut(out[i+1:], "\n")
			if out, status := s.shell(made).ends(); status != 0 {
				t.Fatalf("%s: %d\n%s", made, status, out)
			}
		}
		if strings.Contains(line, "--secrets") {
			pod = s.pod()
		}
		if strings.Contains(line, " status ") && strings.Count(out, " fresh ") != 2 {
			t.Errorf("the status is\n%s", out)
		}
	}
	if made == "" || pod == nil {
		t.Fatalf("the page has no command for the files (%q) or the Secrets", made)
	}
	if _, err := s.domain.Access(s.published(s.secret("team-a", "registry-pull"))); err != nil {
		t.Errorf("the Secret holds no token of the domain: %v", err)
	}
}

// shell runs a line as an administrator does who has kubectl and the program on PATH.
func (s *stage) shell(line string) *command {
	s.t.Helper()
	c := &command{s: s, done: make(chan error, 1)}
	c.cmd = exec.CommandContext(s.t.Context(), "bash", "-e", "-o", "pipefail", "-c", line)
	c.cmd.Dir = s.folder
	c.cmd.Env = []string{"HOME=" + s.folder, "KUBECONFIG=" + s.admin, "PATH=" + filepath.Dir(program) + ":" + os.Getenv("PATH")}
	c.cmd.Stdout, c.cmd.Stderr = c, c
	if err := c.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { c.done <- c.cmd.Wait() }()
	return c
}

// pod is a process with what the Deployment's pods have: the ConfigMap and the Secret in one folder.
func (s *stage) pod() *replica {
	s.t.Helper()
	folder := s.whole.TempDir()
	var config struct{ Data map[string]string }
	var files struct{ Data map[string][]byte }
	for name, v := range map[string]any{"configmap/credential-idcs-controller": &config, "secret/credential-idcs-files": &files} {
		out := s.kubectl("", "-n", namespace, "get", name, "-o", "json")
		if err := json.NewDecoder(bytes.NewReader([]byte(out))).Decode(v); err != nil {
			s.t.Fatal(err)
		}
	}
	for name, content := range config.Data {
		put(s.t, filepath.Join(folder, name), []byte(content))
	}
	for name, content := range files.Data {
		put(s.t, filepath.Join(folder, name), content)
	}
	inside := *s
	inside.config = filepath.Join(folder, "config.toml")
	return inside.replica("pod", "", quick...)
}
