//go:build linux

package fleet

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// An administrator logs in by browser, by device, with a password and with a refresh token; each login's
// token is published, and refreshed by the leader.
func testLogins(t *testing.T, api *cluster.Server) {
	curl := need.Tool(t, "curl")
	s := emptyStage(t, api, "logins")
	redirect := "http://" + reserve(t, "127.0.0.1") + "/callback"
	client := idcstest.Client{ID: strings.Repeat("b", 32), Secret: "the-secret", RedirectURIs: []string{redirect}}
	s.domain = idcstest.Start(t, idcstest.Options{AccessTTL: 10 * time.Minute, Rotation: idcstest.StrictRevoke, Clients: []idcstest.Client{client}})
	s.write("client.secret", client.Secret)
	var toml strings.Builder
	profiles := []string{"browser", "device", "password", "refresh-token"}
	for _, name := range profiles {
		fmt.Fprintf(&toml, `[profiles.%s]
domain = %q
ca_file = %q
client_id = %q
login = %q
scope = "urn:opc:idm:__myscopes__"
targets = ["https://registry.example.com:5000"]
username = %q
redirect_url = %q
[profiles.%[1]s.client]
secret_file = "client.secret"
`, name, s.domain.URL(), s.domain.CAFile, client.ID, strings.ReplaceAll(name, "-", "_"), s.domain.User.Name, redirect)
	}
	for _, name := range profiles {
		toml.WriteString(publishingOf(name, s.space("team-a"), name, "docker", ""))
	}
	s.write("fleet.toml", toml.String())
	s.install("team-a")
	leads := s.replica("one", "", quick...)
	s.until("it leads", func() bool { return leads.metric("credential_idcs_leader") == "1" })

	page := filepath.Join(s.folder, "page.html")
	browser := s.begin("BROWSER="+curl+" -sSL --cacert "+s.domain.CAFile+" -o "+page, "login", "browser")
	if out, status := browser.ends(); status != 0 || !strings.Contains(out, "credential-idcs-controller: log in with the browser") {
		t.Errorf("browser: %d\n%s", status, out)
	}
	s.until("the page says so", func() bool {
		b, _ := os.ReadFile(page) // not there yet
		return bytes.Contains(b, []byte("logged in"))
	})

	code := regexp.MustCompile(`enter the code (\S+)`)
	device := s.begin("", "login", "device")
	if !s.domain.ApproveDevice(device.shows(code), "") {
		t.Error("no device waits")
	}
	if out, status := device.ends(); status != 0 {
		t.Errorf("device: %d\n%s", status, out)
	}
	device = s.begin("", "login", "device")
	s.domain.DenyDevice(device.shows(code))
	if out, status := device.ends(); status != 1 || !strings.Contains(out, "denied") {
		t.Errorf("device, denied: %d\n%s", status, out)
	}

	if out, status := s.person("wrong\n", "login", "password", "--password-stdin"); status == 0 || strings.Contains(out, "wrong") {
		t.Errorf("a wrong password: %d\n%s", status, out)
	}
	if out, status := s.person("", "login", "password"); status != 2 || !strings.Contains(out, "--password-stdin") {
		t.Errorf("a password that isn't there: %d\n%s", status, out)
	}
	if out, status := s.person(s.domain.User.Password+"\n", "login", "password", "--password-stdin"); status != 0 {
		t.Errorf("password: %d\n%s", status, out)
	}

	if out, status := s.person("never-seen\n", "login", "refresh-token", "--refresh-token-stdin"); status == 0 || strings.Contains(out, "never-seen") {
		t.Errorf("a refresh token of nobody: %d\n%s", status, out)
	}
	// As the Console saves it, with what Windows puts before it.
	token := "\ufeff" + fmt.Sprintf(`{"app_access_token":"x","refresh_token":%q}`, s.domain.NewLogin(client.ID, "urn:opc:idm:__myscopes__ offline_access")) + "\r\n"
	if out, status := s.person(token, "login", "refresh-token", "--refresh-token-stdin"); status != 0 {
		t.Errorf("refresh token: %d\n%s", status, out)
	}

	for _, name := range profiles {
		st := s.stateOf(name)
		if out, status := s.person("", "refresh", name); status != 0 {
			t.Errorf("refresh %s: %d\n%s", name, status, out)
		}
		s.until(name+" is published", func() bool {
			now := s.stateOf(name)
			return now.Generation > st.Generation && s.published(s.secret("team-a", name)) == now.Access
		})
	}

	t.Run("without the right", func(t *testing.T) {
		s.kubectl("", "-n", s.space(namespace), "create", "serviceaccount", "nobody")
		admin := s.admin
		defer func() { s.admin = admin }()
		s.admin = s.api.Kubeconfig(t, strings.TrimSpace(s.kubectl("", "-n", s.space(namespace), "create", "token", "nobody")), "")
		out, status := s.person("x\n", "login", "refresh-token", "--refresh-token-stdin")
		if status != 1 || !strings.Contains(out, "no right to get Secret credential-idcs-state-refresh-token") {
			t.Errorf("%d\n%s", status, out)
		}
	})
	for _, name := range profiles {
		if out, status := s.person("", "logout", name); status != 0 || s.stateOf(name).Refresh != "" {
			t.Errorf("logout %s: %d\n%s", name, status, out)
		}
	}
}

// A command is one of a person's that runs.
type command struct {
	s    *stage
	cmd  *exec.Cmd
	done chan error
	mu   sync.Mutex
	said bytes.Buffer
}

func (c *command) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said.Write(b)
}

func (c *command) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said.String()
}

// begin starts a command of an administrator's. variable may be empty.
func (s *stage) begin(variable string, words ...string) *command {
	s.t.Helper()
	c := &command{s: s, done: make(chan error, 1)}
	c.cmd = exec.CommandContext(s.t.Context(), program, append(words, "--config", s.config, "--namespace", s.space(namespace), "--kubeconfig", s.admin)...)
	c.cmd.Env = []string{"HOME=" + s.folder, "PATH=" + os.Getenv("PATH"), variable}
	c.cmd.Stdout, c.cmd.Stderr = c, c
	if err := c.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { c.done <- c.cmd.Wait() }()
	return c
}

// shows waits for a text and returns its first group.
func (c *command) shows(what *regexp.Regexp) (found string) {
	c.s.t.Helper()
	c.s.until(what.String(), func() bool {
		m := what.FindStringSubmatch(c.text())
		if m != nil {
			found = m[1]
		}
		return m != nil
	})
	return found
}

func (c *command) ends() (out string, status int) {
	c.s.t.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		_ = c.cmd.Process.Kill()
		c.s.t.Fatalf("%v doesn't end:\n%s", c.cmd.Args, c.text())
	}
	return c.text(), c.cmd.ProcessState.ExitCode()
}
