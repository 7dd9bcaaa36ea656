package text

import (
	"fmt"
	"io/fs"
	"runtime"
	"strings"
)

// A shell is the shell into which a person types the commands of our messages.
type shell struct {
	system     string // as runtime.GOOS has it
	powershell bool
}

var (
	posix = shell{system: "linux"}
	here  = shell{system: runtime.GOOS, powershell: runtime.GOOS == "windows"}
)

// Each command below is for the shell of this system. It quotes paths and values itself. The person replaces a NAME in
// capitals.

// Edit opens a file.
//
//go:noinline
func Edit(path string) string { return here.edit(path) }

// Set sets a variable for the commands that follow.
func Set(name, value string) string { return here.set(name, value) }

// SetHidden asks for a variable's value without showing it.
func SetHidden(name string) string { return here.setHidden(name) }

// Unset removes variables.
//
//go:noinline
func Unset(names ...string) string { return here.unset(names) }

// FirstOnPath puts a folder before all others of PATH.
func FirstOnPath(folder string) string { return here.firstOnPath(folder) }

// LastOnPath puts a folder behind all others of PATH.
func LastOnPath(folder string) string { return here.lastOnPath(folder) }

// With runs a command with one more variable.
func With(name, value, command string) string { return here.with(name, value, command) }

// Then runs the second command if the first succeeds; PowerShell 5, which has no &&, runs both.
func Then(first, second string) string { return here.then(first, second) }

// Remove removes a file.
func Remove(path string) string { return here.remove(path) }

// Link gives a program another name, which doesn't exist yet.
func Link(program, name string) string { return here.link(program, name, "") }

// Relink gives a program another name, which exists.
func Relink(program, name string) string { return here.link(program, name, "f") }

// Chmod sets a file's mode. On Windows, which has no modes, only its owner can use the file then.
func Chmod(mode fs.FileMode, path string) string { return here.chmod(mode, path) }

// Keep removes the right of others to write a file or folder: from is "o", "g" or "go", as for chmod.
func Keep(from, path string) string { return here.keep(from, path) }

// Show prints the rights of a file or folder.
func Show(path string) string { return here.show(path) }

// Room prints how full the disk of a folder is, by bytes and by files.
func Room(path string) string { return here.room(path) }

// SyncClock sets this machine's clock by the network's time.
func SyncClock() string { return here.syncClock() }

// WhoListens shows the program that listens at a TCP port; ss: the program ss is installed.
func WhoListens(port string, ss bool) string { return here.whoListens(port, ss) }

// WhoHolds shows which program has a file open: on Windows, where one can keep others from it, by a search for its
// name.
func WhoHolds() string { return "resmon" }

// Reach tries to connect to a URL.
func Reach(url string) string { return here.reach(url) }

// StoreHidden asks for a secret without showing it, and writes it into a file.
func StoreHidden(path string) string { return here.storeHidden(path) }

// Install runs the installer, in the folder of the release.
func Install() string { return here.install() }

// AsRoot runs a command with an administrator's rights; on Windows a person opens a window with them.
func AsRoot(command string) string { return here.asRoot(command) }

func (s shell) word(v string) string {
	if s.powershell {
		return powershellWord(v)
	}
	return posixWord(v)
}

func (s shell) edit(path string) string {
	if s.powershell {
		return "notepad " + s.word(path)
	}
	return "${EDITOR:-vi} " + s.word(path)
}

func (s shell) set(name, value string) string {
	if s.powershell {
		return "$env:" + name + " = " + singleQuoted(value)
	}
	return "export " + name + "=" + s.word(value)
}

// hidden is PowerShell's expression for a line that is typed without echo.
const hidden = "[Net.NetworkCredential]::new('', (Read-Host -AsSecureString)).Password"

func (s shell) setHidden(name string) string {
	if s.powershell {
		return "$env:" + name + " = " + hidden
	}
	return "read -rs " + name + " && export " + name
}

func (s shell) unset(names []string) string {
	if s.powershell {
		return "Remove-Item Env:" + strings.Join(names, ", Env:")
	}
	return "unset " + strings.Join(names, " ")
}

func (s shell) firstOnPath(folder string) string {
	if s.powershell {
		return "$env:Path = " + singleQuoted(folder+";") + " + $env:Path"
	}
	return "export PATH=" + s.word(folder) + `:"$PATH"`
}

func (s shell) lastOnPath(folder string) string {
	if s.powershell {
		return "$env:Path += " + singleQuoted(";"+folder)
	}
	return `export PATH="$PATH":` + s.word(folder)
}

func (s shell) with(name, value, command string) string {
	if s.powershell {
		return s.set(name, value) + "; " + command
	}
	return name + "=" + s.word(value) + " " + command
}

func (s shell) then(first, second string) string {
	if s.powershell {
		return first + "; " + second
	}
	return first + " && " + second
}

func (s shell) remove(path string) string {
	if s.powershell { // else brackets are a pattern, also in quotes
		return "Remove-Item -LiteralPath " + s.word(path)
	}
	return "rm " + s.word(path)
}

func (s shell) link(program, name, force string) string {
	if !s.powershell {
		return "ln -s" + force + " " + s.word(program) + " " + s.word(name)
	}
	if force != "" {
		force = " -Force"
	}
	// As packaging/install.ps1 does: a hard link needs no special rights.
	return "New-Item -ItemType HardLink" + force + " -Path " + s.word(strings.TrimSuffix(name, ".exe")+".exe") + " -Target " + s.word(program)
}

func (s shell) chmod(mode fs.FileMode, path string) string {
	if s.powershell {
		return "icacls " + s.word(path) + ` /inheritance:r /grant:r "${env:USERNAME}:F"`
	}
	return fmt.Sprintf("chmod %o %s", uint32(mode.Perm()), s.word(path))
}

func (s shell) keep(from, path string) string {
	if s.powershell {
		return s.chmod(0, path)
	}
	return "chmod " + from + "-w " + s.word(path)
}

func (s shell) show(path string) string {
	if s.powershell {
		return "icacls " + s.word(path)
	}
	return "ls -ld " + s.word(path)
}

func (s shell) room(path string) string {
	if s.powershell {
		return "Get-Volume -FilePath " + s.word(path)
	}
	return s.then("df -h "+s.word(path), "df -i "+s.word(path))
}

func (s shell) syncClock() string {
	switch s.system {
	case "windows":
		return "w32tm /resync"
	case "darwin":
		return "sudo sntp -sS time.apple.com"
	}
	return "sudo timedatectl set-ntp true"
}

func (s shell) whoListens(port string, ss bool) string {
	switch {
	case s.powershell:
		return "Get-Process -Id (Get-NetTCPConnection -State Listen -LocalPort " + port + ").OwningProcess"
	case ss:
		return "ss -ltnp sport = :" + port
	}
	return "lsof -nP -iTCP:" + port + " -sTCP:LISTEN"
}

func (s shell) reach(url string) string {
	if s.powershell { // curl is an alias of another command there
		return "curl.exe -sS -o NUL " + s.word(url)
	}
	return "curl -sS -o /dev/null " + s.word(url)
}

func (s shell) storeHidden(path string) string {
	if s.powershell {
		return hidden + " | Set-Content -NoNewline -LiteralPath " + s.word(path)
	}
	return `read -rs SECRET && (umask 077 && printf %s "$SECRET" >` + s.word(path) + ")"
}

func (s shell) install() string {
	if s.powershell {
		return `.\install.ps1`
	}
	return "./install.sh"
}

func (s shell) asRoot(command string) string {
	if s.powershell {
		return command
	}
	return "sudo " + command
}
