package call

import (
	"testing"

	"github.com/credential-idcs/credential-idcs/internal/host"
)

// A program's name ends as whoever runs it writes it: as the file is called, without .exe, or as PATHEXT has it, which
// Python takes. What is before that is matched letter by letter.
func TestAProgramsNameOnWindows(t *testing.T) {
	for name, want := range map[string]string{
		`C:\bin\git-credential-idcs.exe`: "git", `git-credential-idcs`: "git", `C:\Program Files\x\DOCKER-CREDENTIAL-IDCS.EXE`: "",
		`C:\bin\docker-credential-idcs.EXE`: "docker", `C:/Users/ana/keyring.EXE`: "keyring", `\\server\bin\keyring.exe`: "keyring",
		`C:\bin\git-credential-idcs.exe.exe`: "", `C:\bin\git-credential-idcs.com`: "", `.exe`: "",
	} {
		h, _ := (&App{Process: &host.Process{Args: []string{name, "get"}}}).helper()
		got := ""
		if h != nil {
			got = h.Name
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
