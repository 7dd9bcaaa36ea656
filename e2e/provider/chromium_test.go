//go:build linux

package provider_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/provider"
)

// picture is the file for what a test's browser shows, for people to look at: PICTURES names a folder,
// and without it none is kept.
func picture(t *testing.T, name string) string {
	if folder := os.Getenv("PICTURES"); folder != "" {
		return filepath.Join(folder, name+".png")
	}
	return ""
}

// A login in a real browser, which the program itself opens as $BROWSER. At its end the person sees a
// page of ours that sends them back to the terminal, and neither it nor the browser's history nor any
// request holds what the login was about.
func TestBrowserLoginInChromium(t *testing.T) {
	for _, test := range []struct {
		name, closed string
		visitor      provider.Visitor
		exit         int
		title, page  string
	}{
		{
			"light", "", provider.Visitor{Width: 1024, Height: 700}, 0,
			"You are logged in", "You are logged in\n\nGo back to the terminal. This window can be closed.\n\ncredential-idcs, profile work\n127.0.0.1:",
		},
		{
			"dark, on a narrow screen, with a long name", "", provider.Visitor{Width: 360, Height: 640, Dark: true}, 0,
			"You are logged in", "profile " + strings.Repeat("long", 20),
		},
		{
			"refused", "the user is not assigned to this application", provider.Visitor{Width: 1024, Height: 700}, 1,
			"The login failed", "it says what to do next. This window can be closed.\n\nthe login was denied (access_denied, the user is not assigned to this application)\n\n",
		},
		{
			"refused, dark and narrow", "<b>" + strings.Repeat("an explanation without end ", 9), provider.Visitor{Width: 360, Height: 640, Dark: true}, 1,
			"The login failed", "(access_denied, <b>an explanation",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := setClosed(t, test.closed)
			m := s.home(public, "browser")
			if _, name, ok := strings.Cut(test.page, "profile long"); ok {
				rename(t, m, "long"+name)
			}
			test.visitor.Until = "Go back to the terminal"
			test.visitor.Picture = picture(t, test.name)
			words, seen := test.visitor.Command(t)
			p := m.Start(machine.Call{Name: machine.People, Args: []string{"login"}, Env: []string{"BROWSER=" + strings.Join(words, " ")}})
			saw := seen()
			if r := p.Wait(); r.Exit != test.exit || r.Stdout != "" {
				t.Errorf("%s, stdout %q, want exit %d and nothing; refused %v", r, r.Stdout, test.exit, s.Tally().Refused)
			}
			if saw.Title != test.title || !strings.Contains(saw.Text, test.page) || saw.Overflow {
				t.Errorf("title %q, wider than its window: %v, text\n%s", saw.Title, saw.Overflow, saw.Text)
			}
			cleanEnd(t, saw)
			if test.exit == 0 && s.subject(m.Do(machine.Call{Name: machine.People, Args: []string{"token"}}).Secret()) != user {
				t.Error("the token isn't the user's")
			}
		})
	}
}

// rename gives a machine's only profile another name.
func rename(t *testing.T, m *machine.Machine, name string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(m.Home, ".config", "credential-idcs", "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	m.Write("config.toml", strings.ReplaceAll(string(b), "[profiles.work", "[profiles."+name))
}

// cleanEnd demands that a browser's last page is ours and gives nothing away.
func cleanEnd(t *testing.T, saw provider.Seen) {
	t.Helper()
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/callback$`).MatchString(saw.URL) {
		t.Errorf("the address bar says %s", saw.URL)
	}
	if len(saw.History) == 0 || saw.History[len(saw.History)-1] != saw.URL {
		t.Errorf("the history ends elsewhere: %q", saw.History)
	}
	for _, entry := range saw.History {
		if strings.Contains(entry, "code=") || strings.Contains(entry, "error=") {
			t.Errorf("in the history: %s", entry)
		}
	}
	if len(saw.Console) > 0 {
		t.Errorf("the browser complains: %q", saw.Console)
	}
	if strings.Contains(saw.HTML, "<script") || strings.Contains(saw.HTML, "http://") || strings.Contains(saw.HTML, "https://") {
		t.Errorf("the page has a script or an address:\n%s", saw.HTML)
	}
	// The code came in the address of the request before. Nothing of it is in the page, nor goes on.
	brought := 0
	for i, r := range saw.Requests {
		code := regexp.MustCompile(`/callback\?.*\bcode=([^&]+)`).FindStringSubmatch(r.URL)
		if code == nil {
			continue
		}
		brought++
		for _, later := range saw.Requests[i+1:] {
			if strings.Contains(later.URL, code[1]) || later.Referer != "" {
				t.Errorf("a request after the code: %+v", later)
			}
		}
		if strings.Contains(saw.HTML, code[1]) {
			t.Error("the code is in the page")
		}
	}
	if brought == 0 && saw.Title == "You are logged in" {
		t.Errorf("no request brought a code: %+v", saw.Requests)
	}
	if last := saw.Requests[len(saw.Requests)-1]; last.URL != saw.URL && !strings.HasPrefix(last.URL, "data:") {
		t.Errorf("the page loaded something: %s", last.URL)
	}
}

// A device login: the person opens the address that the terminal shows in a browser elsewhere, and
// types the code.
func TestDeviceLoginInChromium(t *testing.T) {
	s := set(t)
	m := s.home(public, "device")
	s.visit = func(address, code string) error {
		v := provider.Visitor{Code: code, Until: "Sign-in Success", Width: 1024, Height: 700, Picture: picture(t, "device")}
		words, seen := v.Command(t)
		browser := exec.CommandContext(t.Context(), words[0], append(words[1:], address)...)
		browser.Stderr = os.Stderr
		if err := browser.Start(); err != nil {
			return err
		}
		if saw := seen(); !strings.Contains(saw.Text, "Sign-in Success") {
			t.Errorf("the last page is\n%s", saw.Text)
		}
		return browser.Wait()
	}
	if r := s.login(m, "device"); r.Exit != 0 || !strings.Contains(r.Stderr, "logged in") {
		t.Fatalf("%s\n%v", r, s.Tally().Refused)
	}
	if s.subject(m.Do(machine.Token).Secret()) != user {
		t.Error("the token isn't the user's")
	}
}
