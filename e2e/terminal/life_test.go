//go:build linux

package terminal

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A device login shows where to go as words and as a QR code that a reader reads, and that it waits;
// what shows that is gone at the end.
func TestDevice(t *testing.T) {
	domain := idcstest.Start(t, idcstest.Options{DeviceInterval: time.Second})
	s := open(newMachine(t, domain, "device"), t)
	s.types("credential-idcs login", "Enter")
	s.sees("waiting for the approval of ")
	screen := s.screen(false)
	code := regexp.MustCompile(`enter the code (\w+)\n {8}(https://\S+)`).FindStringSubmatch(screen)
	if code == nil {
		t.Fatalf("the screen shows\n%s", screen)
	}
	if got := readQR(t, screen); got != code[2] {
		t.Errorf("the QR code reads %q, want %q", got, code[2])
	}
	if !regexp.MustCompile(`waiting for the approval of ` + code[1] + `, 4:\d\d left$`).MatchString(strings.TrimRight(screen, " \n")) {
		s.until("counting down", func(screen string) bool { return strings.Contains(screen, ", 4:") })
	}
	if !domain.ApproveDevice(code[1], "") {
		t.Fatal("the domain doesn't know the code")
	}
	s.prompt()
	if screen := s.screen(false); !strings.Contains(screen, "logged in") || strings.Contains(screen, "waiting") {
		t.Errorf("the screen shows\n%s", screen)
	}

	// Nothing of that in a pipe, on a dumb terminal or without UTF-8: no code that can't be drawn, no
	// line that can't be taken back.
	for _, how := range []string{"TERM=dumb credential-idcs login", "LC_ALL=C credential-idcs login", "credential-idcs login 2>&1 | cat"} {
		s.clear()
		s.types(how, "Enter")
		s.sees("/ui/v1/device")
		screen := s.screen(false)
		if strings.ContainsAny(screen, "█▀▄") || strings.Contains(screen, "waiting") && !strings.HasPrefix(how, "LC_ALL") {
			t.Errorf("%s\n%s", how, screen)
		}
		s.types("", "C-c")
		s.prompt()
	}
}

// readQR gives what half blocks on the screen look like to a reader of QR codes.
func readQR(t *testing.T, screen string) string {
	t.Helper()
	zbar := need.Tool(t, "zbarimg")
	const scale, margin = 4, 4
	var lines [][]rune
	wide := 0
	for line := range strings.Lines(screen) {
		line = strings.TrimRight(line, "\n")
		if strings.ContainsAny(line, "█▀▄") || len(lines) > 0 && strings.TrimSpace(line) == "" {
			lines = append(lines, []rune(line))
			wide = max(wide, utf8.RuneCountInString(line))
		}
	}
	side := func(n int) int { return (n + 2*margin) * scale }
	var b bytes.Buffer
	fmt.Fprintf(&b, "P5 %d %d 255\n", side(wide), side(2*len(lines)))
	for y := range side(2 * len(lines)) {
		for x := range side(wide) {
			column, row := x/scale-margin, y/scale-margin
			ink := byte(255)
			if row >= 0 && row/2 < len(lines) && column >= 0 && column < len(lines[row/2]) {
				switch c := lines[row/2][column]; {
				case c == '█', c == '▀' && row%2 == 0, c == '▄' && row%2 == 1:
					ink = 0
				}
			}
			b.WriteByte(ink)
		}
	}
	cmd := exec.Command(zbar, "--quiet", "--raw", "-")
	cmd.Stdin = &b
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("no QR code is seen in\n%s\n%v", screen, err)
	}
	return strings.TrimSpace(string(out))
}

// doctor shows what it waits for, and only on a terminal.
func TestDoctorShowsThatItLives(t *testing.T) {
	domain := idcstest.Start(t, idcstest.Options{})
	s := open(newMachine(t, domain, "device"), t)
	for _, how := range []struct {
		command string
		alive   bool
	}{{"credential-idcs doctor", true}, {"credential-idcs doctor >findings 2>&1", false}} {
		gate := domain.Gate("revoke", idcstest.RequestRead)
		s.clear()
		s.types("cd; "+how.command, "Enter")
		if err := gate.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if how.alive {
			s.sees("asking " + domain.URL() + " …")
		}
		gate.Open()
		s.prompt()
		if screen := s.screen(false) + s.does("cat findings 2>/dev/null"); strings.Contains(screen, "asking") {
			t.Errorf("it still stands there:\n%s", screen)
		}
	}
	if out := s.does("grep -c . findings; grep -l '\x1b' findings"); !regexp.MustCompile(`^\d+\n$`).MatchString(out) || strings.HasPrefix(out, "0") {
		t.Errorf("in the pipe: %s", out)
	}
}

// Whatever asks the domain shows it, once that takes a while.
func TestWaitingForTheDomainIsShown(t *testing.T) {
	domain := idcstest.Start(t, idcstest.Options{})
	s := open(newMachine(t, domain, "password"), t)
	for _, step := range []struct{ command, typed, at string }{
		{"credential-idcs login", domain.User.Password, idcstest.Password},
		{"credential-idcs refresh", "", idcstest.Refresh},
		{"credential-idcs logout", "", "revoke"},
	} {
		gate := domain.Gate(step.at, idcstest.RequestRead)
		s.clear()
		s.types(step.command, "Enter")
		if step.typed != "" {
			s.sees("Password of ana@example.com: ")
			s.types(step.typed, "Enter")
		}
		s.sees("asking " + domain.URL() + " …")
		if err := gate.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		gate.Open()
		s.prompt()
		if screen := s.screen(false); strings.Contains(screen, "asking") {
			t.Errorf("after %s it still stands there:\n%s", step.command, screen)
		}
	}
}

// Colour is for a terminal that has some, and for people who want it.
func TestColours(t *testing.T) {
	domain := idcstest.Start(t, idcstest.Options{})
	m := newMachine(t, domain, "refresh_token")
	m.Login()
	s := open(m, t)
	for _, test := range []struct {
		command, coloured string
	}{
		{"credential-idcs status", "\x1b[32mfresh"},
		{"NO_COLOR=1 credential-idcs status", ""},
		{"NO_COLOR= credential-idcs status", "\x1b[32mfresh"}, // empty is unset: no-color.org
		{"TERM=dumb credential-idcs status", ""},
		{"credential-idcs status | cat", ""},
		{"credential-idcs doctor --offline", "\x1b[32mok"},
		{"NO_COLOR=1 credential-idcs doctor --offline", ""},
		{"TERM=dumb credential-idcs doctor --offline", ""},
		{"credential-idcs doctor --offline | cat", ""},
	} {
		s.does(test.command)
		screen := s.screen(true)
		if test.coloured == "" && strings.Contains(screen, "\x1b[3") || !strings.Contains(screen, test.coloured) {
			t.Errorf("%s\n%q", test.command, screen)
		}
	}
}

// Who works on another machine opens the address here and pastes there where the browser ended, whether
// they said so or no browser could be opened. A second login meanwhile says so and ends.
func TestPasteAndASecondLogin(t *testing.T) {
	domain := idcstest.Start(t, idcstest.Options{})
	m := newMachine(t, domain, "browser")
	s := open(m, t)
	for _, command := range []string{"credential-idcs login --no-browser", "BROWSER=false credential-idcs login"} {
		s.clear()
		s.types(command, "Enter")
		s.sees("paste its full address here")
		second := m.Do(machine.Call{Name: machine.People, Args: []string{"login", "work", "--no-browser"}})
		if second.Exit != 1 || !strings.Contains(second.Message(), "another login is waiting for its browser at 127.0.0.1:8976") {
			t.Errorf("the second login: %s", second)
		}
		s.types("https://example.com/?code=x", "Enter")
		s.sees("that is not the answer to this login: ")

		address := regexp.MustCompile(`https://127\S+`).FindString(s.run("capture-pane", "-p", "-J", "-t", "s"))
		s.types(comesBack(t, domain, address), "Enter")
		s.prompt()
		if screen := s.screen(false); !strings.Contains(screen, "profile work: logged in, ") {
			t.Errorf("the screen shows\n%s", screen)
		}
	}
}

// comesBack is where a browser elsewhere ends that opens an address.
func comesBack(t *testing.T, domain *idcstest.Server, address string) string {
	t.Helper()
	browser := http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: domain.CA.Pool()}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.Header.Get("Location")
}
