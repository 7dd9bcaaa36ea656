package windows

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

// wide is a text as PowerShell 5 writes one: UTF-16 with a mark, and CRLF.
func wide(s string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s + "\r\n")) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// A configuration and a cache in a long folder with all that a shell takes for its own, named as Windows' programs
// name one, with files as Windows' editors write them: all of it is used, and the command of a message can be pasted.
func TestPathsAndFilesAsWindowsHasThem(t *testing.T) {
	m := newMachine(t, machine.Person)
	folder := filepath.Join(m.Home, "a & b; it's (1) 100%", strings.Repeat("long ", 40), strings.Repeat("longer", 20))
	windows := func(elem ...string) string {
		return strings.ReplaceAll(filepath.Join(append([]string{folder}, elem...)...), "/", `\`)
	}
	m.Cache = filepath.Join(folder, "cache")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ca, err := os.ReadFile(m.Domain.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	write("ca.pem", "\ufeff"+strings.ReplaceAll(string(ca), "\n", "\r\n"))
	write("client.secret", wide(m.Domain.SecretClient.Secret))
	quoted := func(path string) string { return `"` + strings.ReplaceAll(path, `\`, `\\`) + `"` }
	config := fmt.Sprintf("[profiles.work]\ndomain = %q\nca_file = %s\nclient_id = %q\nlogin = \"refresh_token\"\nscope = %q\ntargets = [\"https://%s\"]\n[profiles.work.client]\nsecret_file = %s\n",
		m.Domain.URL(), quoted("Z:"+windows("ca.pem")), m.Domain.SecretClient.ID, machine.Scope, machine.GitHost, quoted(windows("client.secret")))
	write("config.toml", "\ufeff"+strings.ReplaceAll(config, "\n", "\r\n"))

	for _, top := range []string{`Z:`, `\\?\Z:`} {
		m.Env = append(m.Env, "CREDENTIAL_IDCS_CONFIG="+top+windows("config.toml"), "CREDENTIAL_IDCS_CACHE_DIR="+top+windows("cache"))
		m.Login()
		m.Expire()
		if r := m.Do(machine.Git); r.Exit != 0 || r.Secret() == "" {
			t.Errorf("%s: %s", top, r)
		}
		m.Chain()
		m.Litter()
		if err := os.Rename(filepath.Join(folder, "client.secret"), filepath.Join(folder, "kept")); err != nil {
			t.Fatal(err)
		}
		m.Expire()
		want := "'" + top + strings.ReplaceAll(windows("client.secret"), "'", "''") + "'\n"
		if r := m.Do(machine.Refresh); r.Exit != 5 || !strings.HasSuffix(r.Stderr, want) {
			t.Errorf("%s: %s, want %s at the end", top, r, want)
		}
		if err := os.Rename(filepath.Join(folder, "kept"), filepath.Join(folder, "client.secret")); err != nil {
			t.Fatal(err)
		}
	}

	// What depends on the folder that a drive is in at the moment isn't taken from a helper.
	for _, relative := range []string{"Z:config.toml", windows("config.toml"), `..\config.toml`} {
		call := machine.Git.With("CREDENTIAL_IDCS_CONFIG=" + relative)
		call.Dir = folder
		if r := m.Do(call); r.Exit != 5 || r.Stdout != "" || !strings.HasSuffix(r.Stderr, "\t$env:CREDENTIAL_IDCS_CONFIG = 'C:\\FOLDER\\config.toml'\n") {
			t.Errorf("%s: %s, want exit 5", relative, r)
		}
	}
}
