package newprofile

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

var whole = Profile{
	Name: "home office", Domain: "https://idcs.example.com", ClientID: "c", Login: "assertion", Scope: "s", Expiry: "8h",
	Username: `an"a\`, CAFile: "ca.pem", Targets: []Target{{URL: "https://git.example.com", Tools: []string{"git", "go"}}, {URL: "https://k8s.example.com:6443"}},
	KeyFile: "key.pem", KeyID: "alias", Subject: "ana@example.com",
}

// What is written is read back as it was meant, behind what was there, which stays byte for byte.
func TestAddKeepsWhatIsThere(t *testing.T) {
	need.Unix(t, "modes, and links that everybody may make")
	dir := t.TempDir()
	path := filepath.Join(dir, "dotfiles", "config.toml")
	link := filepath.Join(dir, "config.toml")
	const old = "# mine\n[profiles.work]\ndomain = 'https://idcs.example.com'\nclient_id='c'\nlogin='device'\nscope='s'"
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(old), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Skip("no links here: ", err)
	}
	p, err := whole.Add(link, dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Targets[0].Tools; !slices.Equal(got, []string{"git", "go"}) || p.Targets[1].Tools != nil {
		t.Errorf("tools read back as %q", got)
	}
	if p.Username != `an"a\` || len(p.Targets) != 2 || p.User.Subject != "ana@example.com" || p.Client.KeyID != "alias" || p.Expiry.Hours() != 8 {
		t.Errorf("read back as %+v", p)
	}
	b, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(b), old+"\n\n[profiles.\"home office\"]\n") {
		t.Errorf("%v\n%s", err, b)
	}
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}
	if fi, err := os.Lstat(link); err != nil || fi.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}

	var exists *ExistsError
	if _, err := whole.Add(link, dir); !errors.As(err, &exists) {
		t.Errorf("a second time: %v", err)
	}
	alone(t, filepath.Dir(path), string(b))
}

// What config would refuse is not written, and the message names the file as it would be called.
func TestAddRefusesWhatCouldNotBeRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	path := filepath.Join(dir, "config.toml")
	for _, d := range []Profile{
		{Name: "x", Domain: "http://idcs.example.com", ClientID: "c", Login: "device", Scope: "s"},
		{Name: "x", Domain: "https://idcs.example.com", ClientID: "c", Login: "browser", Scope: "s"},
		{Name: "-x", Domain: "https://idcs.example.com", ClientID: "c", Login: "device", Scope: "s"},
		{Name: "x\n[profiles.y]", Domain: "https://idcs.example.com", ClientID: "c", Login: "device", Scope: "s"},
	} {
		_, err := d.Add(path, dir)
		var mistake *config.Error
		if !errors.As(err, &mistake) || !strings.HasPrefix(err.Error(), "config.toml:") {
			t.Errorf("%+v: %v", d, err)
		}
	}
	alone(t, dir, "")
}

// alone demands that a folder holds config.toml with that text, or nothing, and no rest of ours.
func alone(t *testing.T, dir, text string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(filepath.Join(dir, "config.toml"))
	if string(b) != text || len(entries) > 1 || text == "" && len(entries) > 0 {
		t.Errorf("left %v\n%s", entries, b)
	}
}

// Whatever a value holds, it stays in its string.
func FuzzTOML(f *testing.F) {
	f.Add("a", "b")
	f.Add("\"]\n[profiles.x]", "\\")
	f.Add("\x7f\u0085", "\u2028\r")
	f.Fuzz(func(t *testing.T, username, subject string) {
		d := whole
		d.Username, d.Subject = username, subject
		path := filepath.Join(t.TempDir(), "config.toml")
		p, err := d.Add(path, "/")
		if err != nil {
			return // config has its own rules for names
		}
		if username != "" && p.Username != username || subject != "" && p.User.Subject != subject {
			t.Errorf("%q, %q came back as %q, %q", username, subject, p.Username, p.User.Subject)
		}
	})
}
