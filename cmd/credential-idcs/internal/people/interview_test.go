package people

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// atTerminal runs the program as a person at a terminal who types these lines.
func atTerminal(t *testing.T, home, typed string, args ...string) (status int, stderr string) {
	t.Helper()
	var out bytes.Buffer
	env := map[string]string{
		"HOME": home, "TERM": "dumb",
		"CREDENTIAL_IDCS_CONFIG": filepath.Join(home, "config.toml"), "CREDENTIAL_IDCS_CACHE_DIR": filepath.Join(home, "cache"),
	}
	p := call.This()
	p.Args, p.Stdin, p.Stdout, p.Stderr = append([]string{"credential-idcs"}, args...), strings.NewReader(typed), io.Discard, &out
	p.Getenv, p.Environ = func(k string) string { return env[k] }, func() []string { return nil }
	p.Terminal = func(int) bool { return true }
	return Run(context.Background(), p), out.String()
}

// What the options leave open is asked for; a wrong answer is asked for again, with the reason; an
// empty one is the usual value.
func TestInitAsksOnATerminal(t *testing.T) {
	home := t.TempDir()
	status, said := atTerminal(t, home, strings.Join([]string{
		"", "", "http://idcs.example.com", "idcs.example.com", "c1", "carrier pigeon", "", "", "http://192.0.2.1:8976/callback", "", "",
		"http://git.example.com", "git.example.com", "gti", "git, go", "https://k8s.example.com:6443", "", "files.example.com", "", "devops.scmservice.us-ashburn-1.oci.oraclecloud.com", "iad.ocir.io", "", "",
	}, "\n"), "init", "--offline")
	if status != 0 {
		t.Fatalf("exit %d\n%s", status, said)
	}
	for _, want := range []string{"Name of the profile [work]: ", "\tit can't be left out\n", "\ta domain is https://HOST", "\tredirect_url must name this machine: 127.0.0.1, [::1] or localhost\n", "\tit must begin with https://\n", "\tplease answer browser, device, ",
		"Tools that use it, such as git,go; or all [git]: ", "[kubectl]: ", "[all]: ", "\tthere is no tool gti; did you mean \"git\"?\n",
		"\tprofile work: https://devops.scmservice.us-ashburn-1.oci.oraclecloud.com takes no token of an identity domain, only auth tokens",
		"\tprofile work: https://iad.ocir.io takes no token of an identity domain; add [profiles.work.oci]", "next:\n\tcredential-idcs login work\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	f, err := config.Load(filepath.Join(home, "config.toml"), home)
	if err != nil {
		t.Fatal(err)
	}
	p := f.Profiles[0]
	if p.Name != "work" || p.Domain != "https://idcs.example.com" || p.ClientID != "c1" || p.Login != config.Browser || p.RedirectURL != methods.UsualRedirect || p.Scope != usualScope || p.Client != nil || len(p.Targets) != 3 {
		t.Errorf("wrote %+v", p)
	}

	for i, want := range [][]string{{"git", "go"}, {"kubectl"}, nil} {
		if got := p.Targets[i].Tools; !slices.Equal(got, want) {
			t.Errorf("%v is for %q, want %q", p.Targets[i], got, want)
		}
	}

	// The name is taken; and whoever leaves before the end leaves nothing.
	before, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	status, said = atTerminal(t, home, "work\nsecond\nhttps://idcs.example.com\n", "init", "--offline")
	if status == 0 || !strings.Contains(said, "there is a profile of that name already") || !strings.Contains(said, "nothing was written") {
		t.Errorf("exit %d\n%s", status, said)
	}
	if after, err := os.ReadFile(f.Path); err != nil || !bytes.Equal(before, after) {
		t.Error("something was written")
	}
}

// Who pastes the Domain URL as the first answer is told that it isn't asked for yet.
func TestInitTakesNoAddressForAName(t *testing.T) {
	home := t.TempDir()
	status, said := atTerminal(t, home, "https://idcs.example.com\nwork\nhttps://idcs.example.com\n\nhttps://git.example.com\n\n\n",
		"init", "--offline", "--login", "device", "--client-id", "c", "--scope", "s")
	if status != 0 || !strings.Contains(said, "please answer a short name such as work") || !strings.Contains(said, "profile work: written to ") {
		t.Errorf("exit %d\n%s", status, said)
	}
}

// A login by assertion needs a key and a user, so no public client is offered.
func TestInitAsksWhatTheLoginNeeds(t *testing.T) {
	home := t.TempDir()
	status, said := atTerminal(t, home, "\nalias\nbuild@example.com\n\n",
		"init", "ci", "--offline", "--domain", "https://idcs.example.com", "--login", "assertion", "--client-id", "c", "--scope", "s")
	if strings.Contains(said, "none") || status == 0 {
		t.Errorf("exit %d\n%s", status, said)
	}
	status, said = atTerminal(t, home, "\nalias\nbuild@example.com\nhttps://git.example.com\n\n\n",
		"init", "ci", "--offline", "--domain", "https://idcs.example.com", "--login", "assertion", "--client-id", "c", "--scope", "s")
	if status != 0 || !strings.Contains(said, "\tcredential-idcs login ci\n") || !strings.Contains(said, "client-key.pem can't be read") {
		t.Errorf("exit %d\n%s", status, said)
	}
}

// The secret is asked for before anybody is asked for a file name, which people take for it, and lies in a
// file afterwards, for its owner only.
func TestInitTakesTheSecretToItsFile(t *testing.T) {
	home := t.TempDir()
	init := []string{"init", "--offline", "--domain", "https://idcs.example.com", "--client-id", "c", "--scope", "s"}
	status, said := atTerminal(t, home, "work\npassword\n\nhunter2\nana\ngit.example.com\n\n\n", init...)
	path := filepath.Join(home, "client.secret")
	b, err := os.ReadFile(path)
	if status != 0 || err != nil || string(b) != "hunter2\n" || strings.Contains(said, "hunter2") {
		t.Errorf("exit %d, %v %q\n%s", status, err, b, said)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if !strings.Contains(said, "(secret, key) [secret]: ") || strings.Contains(said, "error") {
		t.Errorf("said\n%s", said)
	}
	// It stays whatever another profile's is; and may be that one's, too.
	status, said = atTerminal(t, home, "second\npassword\n\nother\nana\nhttps://git2.example.com\n\n\n", init...)
	if b, _ := os.ReadFile(path); status != 0 || string(b) != "hunter2\n" {
		t.Errorf("exit %d, %q\n%s", status, b, said)
	}
	if b, _ := os.ReadFile(filepath.Join(home, "client2.secret")); string(b) != "other\n" {
		t.Errorf("got %q\n%s", b, said)
	}
	status, said = atTerminal(t, home, "third\npassword\n\n\nana\nhttps://git3.example.com\n\n\n", init...)
	if status != 0 || !strings.Contains(said, "press Enter to use the one in client.secret") || strings.Contains(said, "error") {
		t.Errorf("exit %d\n%s", status, said)
	}
}

// What really comes next: the secret that isn't saved yet, and then the login.
func TestInitSaysWhatComesNext(t *testing.T) {
	home := t.TempDir()
	_, said := atTerminal(t, home, "secret\n\n", "init", "--offline", "--domain", "https://idcs.example.com", "--client-id", "c", "--scope", "s",
		"--login", "device", "--target", "https://git.example.com", "--secret-file", "client.secret")
	want := "next:\n\t" + text.StoreHidden(filepath.Join(home, "client.secret")) + "\n\tcredential-idcs login work\n"
	if !strings.HasSuffix(said, want) {
		t.Errorf("got\n%s\nwant …%s", said, want)
	}
}

// Two domains that come back to one place could take each other's codes, so another port is proposed.
func TestInitProposesAnotherPortForAnotherDomain(t *testing.T) {
	home := t.TempDir()
	for i, want := range []string{"8976", "8977", "8976"} {
		domain := []string{"https://a.example.com", "https://b.example.com", "https://a.example.com"}[i]
		name := []string{"one", "two", "three"}[i]
		status, said := atTerminal(t, home, "\n\nhttps://"+name+".example.com\n\n\n", "init", name, "--offline", "--domain", domain, "--client-id", "c", "--scope", "s", "--login", "browser")
		if status != 0 || !strings.Contains(said, "[http://127.0.0.1:"+want+"/callback]") {
			t.Errorf("exit %d, want port %s\n%s", status, want, said)
		}
	}
}
