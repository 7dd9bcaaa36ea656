//go:build linux

package terminal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// newMachine has a profile of this login. A person can log in with it.
func newMachine(t *testing.T, domain *idcstest.Server, login string) *machine.Machine {
	t.Helper()
	m := machine.New(t, program, domain, machine.Person)
	m.Profile.Login, m.Profile.More = login, "username = \"ana@example.com\"\n"
	if login == "browser" {
		m.Profile.More += "redirect_url = \"http://127.0.0.1:8976/callback\"\n"
	}
	m.Configure()
	return m
}

// A password is asked for without being shown; a wrong one says how to try again.
func TestPassword(t *testing.T) {
	domain := idcstest.Start(t, idcstest.Options{})
	s := open(newMachine(t, domain, "password"), t)
	s.types("credential-idcs login", "Enter")
	s.sees("Password of ana@example.com: ")
	s.types("not the password", "Enter")
	s.prompt()
	if screen := s.screen(false); strings.Contains(screen, "not the password") ||
		!strings.Contains(screen, "the domain refused the login") || !strings.Contains(screen, "\n        credential-idcs login work\n") {
		t.Errorf("the screen shows\n%s", screen)
	}
	s.clear()
	s.types("credential-idcs login", "Enter")
	s.sees("Password of ana@example.com: ")
	s.types(domain.User.Password, "Enter")
	s.prompt()
	if screen := s.screen(false); strings.Contains(screen, domain.User.Password) || !strings.Contains(screen, "profile work: logged in, the token is good until ") {
		t.Errorf("the screen shows\n%s", screen)
	}
	s.echoes()
}

// Whoever leaves a question with Ctrl-C gets the shell back as it was, and nothing was done.
func TestCtrlCAtEachQuestion(t *testing.T) {
	domain := idcstest.Start(t, idcstest.Options{})
	for _, test := range []struct{ name, login, command, question string }{
		{"password", "password", "credential-idcs login", "Password of ana@example.com: "},
		{"refresh token", "refresh_token", "credential-idcs login --refresh-token-stdin", "Ctrl-D ends it"},
		{"device", "device", "credential-idcs login", "left "},
		{"paste", "browser", "credential-idcs login --no-browser", "paste its full address here"},
		{"init", "device", "credential-idcs init", "Name of the profile [work]: "},
		{"docker", "device", "docker-credential-idcs get", "Ctrl-D"},
		{"git", "device", "git-credential-idcs get", "Ctrl-D"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMachine(t, domain, test.login)
			s := open(m, t)
			s.types(test.command, "Enter")
			s.sees(test.question)
			s.types("half an answer")
			s.types("", "C-c")
			s.prompt()
			s.types("echo \"status $?\"", "Enter")
			s.prompt()
			if screen := s.screen(false); !strings.Contains(screen, "status 130\n") {
				t.Errorf("after Ctrl-C\n%s", screen)
			}
			s.echoes()
			if files, _ := filepath.Glob(filepath.Join(m.Cache, "*.json")); len(files) > 0 {
				t.Errorf("there are tokens: %q", files)
			}
		})
	}
}

// The interview, from nothing to a token, with the secret that a person has on the clipboard.
func TestInitFromNothingToAToken(t *testing.T) {
	domain := idcstest.Start(t, idcstest.Options{})
	m := machine.Home(t, program)
	s := open(m, t)
	s.types("credential-idcs init --ca-file "+domain.CAFile, "Enter")
	for _, step := range []struct{ question, answer string }{
		{"Name of the profile [work]: ", ""},
		{"Domain URL", "http://example.com"},
		{"a domain is https://HOST", strings.TrimPrefix(domain.URL(), "https://")},
		{"Client ID of the application: ", domain.SecretClient.ID},
		{"Login (", "password"},
		{"(secret, key) [secret]: ", ""},
		{"Client secret (not shown; ", domain.SecretClient.Secret},
		{"User name at the domain: ", domain.User.Name},
		{"Scope [urn:opc:idm:__myscopes__]: ", ""},
		{"Target, such as", "git.example.com"},
		{"Tools that use it, such as git,go; or all [git]: ", "git,go"},
		{"Another target (Enter to finish)", ""},
	} {
		s.sees(step.question)
		s.types(step.answer, "Enter")
	}
	s.prompt()
	screen := s.screen(false)
	if strings.Contains(screen, domain.SecretClient.Secret) || strings.Contains(screen, "error") || !strings.Contains(screen, "next:\n        credential-idcs login work\n") {
		t.Errorf("the screen shows\n%s", screen)
	}
	if n := domain.Posts("revoke"); n != 1 {
		t.Errorf("the domain was asked about the client %d times, want once", n)
	}
	s.types("credential-idcs login work", "Enter")
	s.sees("Password of ana@example.com: ")
	s.types(domain.User.Password, "Enter")
	s.prompt()
	if out := s.does("credential-idcs status"); !strings.Contains(out, "fresh") {
		t.Errorf("status:\n%s", out)
	}
	config := filepath.Join(m.Home, ".config", "credential-idcs")
	for _, name := range []string{"", "config.toml", "client.secret"} {
		if info, err := os.Stat(filepath.Join(config, name)); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v, want it closed to others", name, info, err)
		}
	}

	// Whoever leaves at the secret has written nothing, and gets the echo back.
	s.clear()
	s.types("credential-idcs init second --domain "+domain.URL()+" --client-id c --login password", "Enter")
	s.sees("(secret, key) [secret]: ")
	s.types("", "Enter")
	s.sees("Client secret (not shown; ")
	s.types("hunter2", "C-c")
	s.prompt()
	s.echoes()
	if out := s.does("credential-idcs status; ls " + config); strings.Contains(out, "second") || strings.Contains(out, "second.secret") {
		t.Errorf("something was written:\n%s", out)
	}
}
