package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func mustTarget(t *testing.T, s string) helpers.Target {
	t.Helper()
	target, err := helpers.ParseTarget(s)
	if err != nil {
		t.Fatalf("ParseTarget(%q): %v", s, err)
	}
	return target
}

// targets compares by what a target is for the world.
var targets = cmp.Comparer(func(a, b helpers.Target) bool { return a == b })

func TestLoadReadsEverythingTheContractShows(t *testing.T) {
	path, err := filepath.Abs("testdata/full.toml")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	path = filepath.Join(folder, "config.toml")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(folder, "home")
	got, err := Load(path, home)
	if err != nil {
		t.Fatal(err)
	}
	rooted := filepath.Join(filepath.VolumeName(folder), filepath.Clean("/etc/pki/corp-ca.pem"))
	key := Path{Written: "client-key.pem", Full: filepath.Join(folder, "client-key.pem")}
	want := &File{Path: path, Default: "work", Profiles: []*Profile{
		{
			Name: "work", Line: 3,
			Domain:   "https://idcs-0011.identity.oraclecloud.com",
			ClientID: "0a1b2c3d4e5f60718293a4b5c6d7e8f9", Login: Assertion,
			Scope: "urn:opc:idm:__myscopes__", Expiry: 8 * time.Hour,
			Username: "ana@example.com", Token: "access",
			CA: CA{Files: []Path{{Written: "/etc/pki/corp-ca.pem", Full: rooted}}}, RedirectURL: "http://127.0.0.1:8976/callback", RedirectLine: 13,
			Targets: []Target{
				{Target: mustTarget(t, "https://git.example.com"), Line: 15, Username: "ana", Named: true, Scheme: "bearer", Kind: KindToken},
				{Target: mustTarget(t, "https://git.example.com:8443/team"), Line: 16, Username: "ana@example.com", Named: true, Scheme: "auto", Kind: KindToken},
				{Target: mustTarget(t, "https://[::1]:5000"), Line: 17, Username: "ana@example.com", Named: true, Scheme: "auto", Kind: KindToken},
			},
			Client: &Proof{Key: Key{KeyFile: key, KeyID: "buildkey2025"}, Audience: DefaultAudience},
			User:   &User{Subject: "ana@example.com", Key: Key{KeyFile: key, KeyID: "buildkey2025"}, Audience: DefaultAudience},
		},
		{
			Name: "bot", Line: 31,
			Domain:   "https://idcs-0011.identity.oraclecloud.com:8443",
			ClientID: "bot", Login: ClientCredentials,
			Scope: "https://abc.example.com/scope1", Username: DefaultUsername, Token: "access",
			Targets: []Target{{Target: mustTarget(t, "https://git.example.com"), Line: 38, Username: DefaultUsername, Scheme: "auto", Kind: KindToken}},
			Client:  &Proof{SecretCommand: []string{filepath.Join(home, "bin/secret"), "idcs", "a b"}, Audience: "https://other.example.com/"},
		},
	}}
	if diff := cmp.Diff(got, want, targets, cmpopts.IgnoreUnexported(File{})); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
}

func TestNoFileIsNoProfile(t *testing.T) {
	f, err := Load(filepath.Join(t.TempDir(), "config.toml"), "")
	if err != nil || !f.Missing || len(f.Profiles) != 0 {
		t.Fatalf("got %+v, %v", f, err)
	}
	var unlisted *UnlistedError
	if _, _, err := f.Owner(mustTarget(t, "https://git.example.com"), Query{}); !errors.As(err, &unlisted) {
		t.Errorf("a target is %v, want an UnlistedError", err)
	}
}

func load(t *testing.T, doc string) (*File, error) {
	t.Helper()
	return parse("config.toml", []byte(doc), place{folder: filepath.FromSlash("/conf"), Places: Places{Home: filepath.FromSlash("/home/ana")}})
}

// profile is a right one, for tests that look at something else. More keys go behind it.
func profile(name string, more ...string) string {
	return "[profiles." + name + "]\ndomain = \"https://d.example.com\"\nclient_id = \"c\"\nlogin = \"device\"\nscope = \"openid\"\n" +
		strings.Join(more, "\n") + "\n"
}

func TestPathsAreRelativeToTheFile(t *testing.T) {
	at := place{folder: filepath.FromSlash("/conf"), Places: Places{Home: filepath.FromSlash("/home/ana")}}
	for written, want := range map[string]string{
		"key.pem":      "/conf/key.pem",
		"../key.pem":   "/key.pem",
		"~/k/key.pem":  "/home/ana/k/key.pem",
		"~bob/key.pem": "/conf/~bob/key.pem",
	} {
		if got := at.path(written); got.Full != filepath.FromSlash(want) || got.Written != written {
			t.Errorf("%s is %+v, want %s", written, got, want)
		}
	}
	homeless := place{folder: at.folder}.path("~/key.pem")
	var e *FileError
	if _, err := ReadSecret(homeless); !errors.As(err, &e) || e.Problem != NoHome {
		t.Errorf("without HOME: %v, want NoHome", err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// What signs elsewhere is one of its own, or the client's, with the certificate that checks it.
func TestSigners(t *testing.T) {
	dir := t.TempDir()
	p := func(t *testing.T, lines string) *Profile {
		t.Helper()
		path := filepath.Join(dir, "config.toml")
		if err := os.WriteFile(path, []byte("[profiles.work]\ndomain = \"https://d.example.com\"\nclient_id = \"c\"\nlogin = \"assertion\"\nscope = \"s\"\n"+lines), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Load(path, dir)
		if err != nil {
			t.Fatal(err)
		}
		p, err := f.Profile("work")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	env := func(string) string { return "" }
	command := p(t, "[profiles.work.client]\nsign_command = [\"sign\", \"a b\"]\ncert_file = \"c.pem\"\nkey_id = \"alias\"\n[profiles.work.user]\nsubject = \"ana\"\n")
	agent := p(t, "[profiles.work.client]\nsign_agent = \"~/a.sock\"\ncert_file = \"c.pem\"\n[profiles.work.user]\nsubject = \"ana\"\n")
	own := p(t, "[profiles.work.client]\nsign_agent = \"~/a.sock\"\ncert_file = \"c.pem\"\n[profiles.work.user]\nsubject = \"ana\"\nsign_command = [\"sign\"]\ncert_file = \"u.pem\"\n")
	for _, q := range []*Profile{command, agent} {
		if !q.Client.Signs() || !q.User.Key.Same(q.Client.Key) || q.Method().Missing(q) != nil {
			t.Errorf("got %+v and %+v", q.Client, q.User)
		}
	}
	if !slices.Equal(command.Client.SignCommand, []string{"sign", "a b"}) || command.Client.KeyID != "alias" || command.Client.CertFile.Full != filepath.Join(dir, "c.pem") {
		t.Errorf("got %+v", command.Client)
	}
	if agent.Client.SignAgent.Full != filepath.Join(dir, "a.sock") {
		t.Errorf("got %+v", agent.Client)
	}
	if own.User.Same(own.Client.Key) || own.User.CertFile.Full != filepath.Join(dir, "u.pem") || !own.User.SignAgent.IsZero() {
		t.Errorf("got %+v", own.User)
	}
	seen := map[string]bool{command.ClientDigest(env): true, agent.ClientDigest(env): true, own.ClientDigest(env): true}
	if len(seen) != 3 {
		t.Error("two of them have one digest")
	}
}
