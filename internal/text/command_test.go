package text

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// Each command in both shells, with a path that has to be quoted.
func TestCommandsAreForThePersonsShell(t *testing.T) {
	power := shell{system: "windows", powershell: true}
	for name, c := range map[string]struct {
		of          func(s shell, path string) string
		posix, here string
	}{
		"edit":     {func(s shell, p string) string { return s.edit(p) }, "${EDITOR:-vi} 'a b'", `notepad "a b"`},
		"set":      {func(s shell, p string) string { return s.set("V", p) }, "export V='a b'", "$env:V = 'a b'"},
		"set bare": {func(s shell, p string) string { return s.set("V", "FOLDER") }, "export V=FOLDER", "$env:V = 'FOLDER'"},
		"ask":      {func(s shell, p string) string { return s.setHidden("V") }, "read -rs V && export V", "$env:V = [Net.NetworkCredential]::new('', (Read-Host -AsSecureString)).Password"},
		"unset":    {func(s shell, p string) string { return s.unset([]string{"V", "W"}) }, "unset V W", "Remove-Item Env:V, Env:W"},
		"first":    {func(s shell, p string) string { return s.firstOnPath(p) }, `export PATH='a b':"$PATH"`, "$env:Path = 'a b;' + $env:Path"},
		"last":     {func(s shell, p string) string { return s.lastOnPath(p) }, `export PATH="$PATH":'a b'`, "$env:Path += ';a b'"},
		"with":     {func(s shell, p string) string { return s.with("V", p, "podman info") }, "V='a b' podman info", "$env:V = 'a b'; podman info"},
		"then":     {func(s shell, p string) string { return s.then(s.remove(p), "date") }, "rm 'a b' && date", `Remove-Item -LiteralPath "a b"; date`},
		"link":     {func(s shell, p string) string { return s.link(p, "n", "") }, "ln -s 'a b' n", "New-Item -ItemType HardLink -Path n.exe -Target \"a b\""},
		"relink":   {func(s shell, p string) string { return s.link(p, "n.exe", "f") }, "ln -sf 'a b' n.exe", "New-Item -ItemType HardLink -Force -Path n.exe -Target \"a b\""},
		"chmod":    {func(s shell, p string) string { return s.chmod(0o600, p) }, "chmod 600 'a b'", `icacls "a b" /inheritance:r /grant:r "${env:USERNAME}:F"`},
		"keep":     {func(s shell, p string) string { return s.keep("go", p) }, "chmod go-w 'a b'", `icacls "a b" /inheritance:r /grant:r "${env:USERNAME}:F"`},
		"show":     {func(s shell, p string) string { return s.show(p) }, "ls -ld 'a b'", `icacls "a b"`},
		"room":     {func(s shell, p string) string { return s.room(p) }, "df -h 'a b' && df -i 'a b'", `Get-Volume -FilePath "a b"`},
		"clock":    {func(s shell, p string) string { return s.syncClock() }, "sudo timedatectl set-ntp true", "w32tm /resync"},
		"port":     {func(s shell, p string) string { return s.whoListens("8976", true) }, "ss -ltnp sport = :8976", "Get-Process -Id (Get-NetTCPConnection -State Listen -LocalPort 8976).OwningProcess"},
		"reach":    {func(s shell, p string) string { return s.reach("https://h") }, "curl -sS -o /dev/null https://h", "curl.exe -sS -o NUL https://h"},
		"store":    {func(s shell, p string) string { return s.storeHidden(p) }, `read -rs SECRET && (umask 077 && printf %s "$SECRET" >'a b')`, "[Net.NetworkCredential]::new('', (Read-Host -AsSecureString)).Password | Set-Content -NoNewline -LiteralPath \"a b\""},
		"as root":  {func(s shell, p string) string { return s.asRoot("x") }, "sudo x", "x"},
	} {
		if got := c.of(posix, "a b"); got != c.posix {
			t.Errorf("%s in a POSIX shell: got %s, want %s", name, got, c.posix)
		}
		if got := c.of(power, "a b"); got != c.here {
			t.Errorf("%s in PowerShell: got %s, want %s", name, got, c.here)
		}
	}
	if got := (shell{system: "darwin"}).syncClock(); got != "sudo sntp -sS time.apple.com" {
		t.Errorf("macOS has no timedatectl: %s", got)
	}
}

// What a POSIX shell is to do is done by a real one.
func TestAShellDoesTheCommands(t *testing.T) {
	sh := need.Tool(t, "sh")
	dir := t.TempDir() + "/a b's"
	script := strings.Join([]string{
		"mkdir " + posix.word(dir), "cd " + posix.word(dir), "PATH=/usr/bin:/bin", ": >program",
		posix.link(dir+"/program", dir+"/name", "f"), "test -L name", posix.chmod(0o600, dir+"/program"), posix.show(dir + "/program"),
		posix.set("V", "x y"), `printf '<%s>' "$V"`, posix.unset([]string{"V"}), `printf '<%s>' "${V-unset}"`,
		posix.with("V", "$z", `sh -c 'printf "<%s>" "$V"'`), posix.firstOnPath(dir), posix.lastOnPath(dir), `printf '<%s>' "$PATH"`,
		posix.then(posix.remove(dir+"/name"), "test ! -L name"),
	}, "\n")
	out, err := exec.Command(sh, "-euc", script).CombinedOutput()
	want := "<x y><unset><$z><" + dir + ":/usr/bin:/bin:" + dir + ">"
	if err != nil || !strings.HasPrefix(string(out), "-rw-------") || !strings.HasSuffix(string(out), want) {
		t.Errorf("got %v, %s; want at the end %s", err, out, want)
	}
}

func TestPowerShellReadsTheWord(t *testing.T) {
	for in, want := range map[string]string{
		`C:\Users\ana\config.toml`: `C:\Users\ana\config.toml`,
		`C:\Program Files\x`:       `"C:\Program Files\x"`,
		`C:\Program Files\`:        `'C:\Program Files\'`, // a program would take the last two for a quote
		`C:\a&b\it's (1)\x`:        `"C:\a&b\it's (1)\x"`,
		`C:\100%\it's`:             `'C:\100%\it''s'`,
		`\\server\share\x`:         `\\server\share\x`,
		`\\?\C:\x`:                 `"\\?\C:\x"`,
		"it's":                     `"it's"`,
		"it\u2019s":                "\"it\u2019s\"",
		"\u201cit\u2019s\u201d":    "'\u201cit\u2019\u2019s\u201d'",
		"":                         "''",
		"$env:X":                   "'$env:X'",
		"a;b":                      `"a;b"`,
		"a,b":                      `"a,b"`,
		"@x":                       `"@x"`,
		"ana@example.com":          `"ana@example.com"`,
		"a\x1bb":                   `"a?b"`,
		"https://h:8443/team":      "https://h:8443/team",
	} {
		if got := powershellWord(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
