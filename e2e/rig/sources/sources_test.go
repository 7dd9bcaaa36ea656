package sources

import (
	"os/exec"
	"strings"
	"testing"
)

// All that the programs are made of is looked at, what is embedded and assembly too.
func TestEachSourceIsLookedAt(t *testing.T) {
	const each = `{{if and .Module .Module.Main}}{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}
{{end}}{{range .SFiles}}{{$dir}}/{{.}}
{{end}}{{range .EmbedFiles}}{{$dir}}/{{.}}
{{end}}{{end}}`
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", each, "github.com/credential-idcs/credential-idcs/cmd/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, f := range files {
		if f != "" && !isSource(f) { // an empty line ends each package
			t.Errorf("%s isn't looked at", f)
		}
	}
	if len(files) < 200 {
		t.Errorf("only %d files", len(files))
	}
}
