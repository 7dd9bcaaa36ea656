package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheWayToTheDomainAndBack(t *testing.T) {
	file := func(name string) Path {
		return Path{Written: name, Full: filepath.Join(filepath.FromSlash("/conf"), name)}
	}
	for _, c := range []struct {
		lines []string
		want  Profile
	}{
		{nil, Profile{}},
		{[]string{`ca_file = "corp.pem"`}, Profile{CA: CA{Files: []Path{file("corp.pem")}}}},
		{[]string{`ca_file = ["system", "corp.pem", "other.pem"]`}, Profile{CA: CA{Files: []Path{file("corp.pem"), file("other.pem")}, System: true}}},
		{[]string{`ca_file = "system"`}, Profile{CA: CA{System: true}}},
		{[]string{`proxy = "none"`}, Profile{Proxy: "none"}},
		{[]string{`proxy = "http://proxy.example.com:3128/"`}, Profile{Proxy: "http://proxy.example.com:3128"}},
		{[]string{`proxy = "socks5://[::1]:1080"`}, Profile{Proxy: "socks5://[::1]:1080"}},
		{
			[]string{`redirect_url = "http://127.0.0.1:8976/callback"`, `listen = "0.0.0.0:9000"`},
			Profile{RedirectURL: "http://127.0.0.1:8976/callback", Listen: "0.0.0.0:9000"},
		},
	} {
		f, err := load(t, profile("work", c.lines...))
		if err != nil {
			t.Errorf("%v: %v", c.lines, err)
			continue
		}
		p := f.Profiles[0]
		got := Profile{CA: p.CA, Proxy: p.Proxy, RedirectURL: p.RedirectURL, Listen: p.Listen}
		if diff := cmp.Diff(got, c.want); diff != "" {
			t.Errorf("%v: got -, want +:\n%s", c.lines, diff)
		}
	}
}

// Only another domain is a rival: two applications of one domain get their codes from the same place.
func TestARivalIsAnotherDomainAtTheSameRedirect(t *testing.T) {
	at := func(name, domain, url string) string {
		return "[profiles." + name + "]\ndomain = \"" + domain + "\"\nclient_id = \"c\"\nlogin = \"browser\"\nscope = \"openid\"\nredirect_url = \"" + url + "\"\n"
	}
	f, err := load(t, at("a", "https://a.example.com", "http://127.0.0.1:1/callback")+
		at("b", "https://b.example.com", "http://127.0.0.1:1/callback")+
		at("c", "https://a.example.com", "http://127.0.0.1:2/callback")+
		at("d", "https://a.example.com", "http://127.0.0.1:2/callback")+
		at("e", "https://b.example.com", "http://127.0.0.1:1/other")+profile("f"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"b", "a", "", "", "", ""} {
		got := ""
		if r := f.Rival(f.Profiles[i]); r != nil {
			got = r.Name
		}
		if got != want {
			t.Errorf("the rival of %s is %q, want %q", f.Profiles[i].Name, got, want)
		}
	}
}

func TestAByteOrderMarkIsNoMistake(t *testing.T) {
	f, err := load(t, "\ufeff"+profile("work"))
	if err != nil || len(f.Profiles) != 1 {
		t.Errorf("got %v, %v", f, err)
	}
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if _, err := load(t, mark+"a\x00"); errorText(err) != "config.toml:1: is UTF-16; save it as UTF-8" {
			t.Errorf("got %v", err)
		}
	}
}

// systemd's credentials stand in for a key or secret that isn't beside the configuration, and for
// nothing else: a certificate is no secret, and what is there counts.
func TestAMissingSecretIsLookedForAmongTheCredentials(t *testing.T) {
	folder, credentials := t.TempDir(), t.TempDir()
	for path, content := range map[string]string{
		filepath.Join(folder, "here.secret"): "beside", filepath.Join(credentials, "here.secret"): "credential",
		filepath.Join(credentials, "client.secret"): "credential", filepath.Join(credentials, "ca.pem"): "credential",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := place{folder, Places{Home: folder, Credentials: credentials}}
	for written, want := range map[string]string{
		"client.secret": "credential", "here.secret": "beside", "none": "", "~/client.secret": "", "../client.secret": "",
		filepath.Join(folder, "client.secret"): "",
	} {
		got, err := ReadSecret(at.private(written))
		if string(got) != want || (err != nil) != (want == "") {
			t.Errorf("%s: got %q, %v, want %q", written, got, err, want)
		}
	}
	if _, err := ReadPublic(at.path("ca.pem")); err == nil {
		t.Error("a certificate came from the credentials")
	}
}
