package people

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/internal/host"
)

// withProfiles is an app whose configuration has the profiles work, "home office" and it's.
func withProfiles(t *testing.T) *app {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	var toml strings.Builder
	for _, name := range []string{`work`, `"home office"`, `"it's"`} {
		toml.WriteString("[profiles." + name + "]\ndomain = \"https://idcs.example.com\"\nclient_id = \"c\"\nlogin = \"device\"\nscope = \"s\"\n")
	}
	toml.WriteString("targets = [\"https://git.example.com/team\", \"https://git.example.com/other\", \"https://registry.example.com:5000\"]\n")
	if err := os.WriteFile(path, []byte(toml.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return &app{&call.App{Process: &host.Process{Getenv: func(string) string { return "" }}, Config: path, Silent: true}}
}

func TestCompleteKnowsWhatMayFollow(t *testing.T) {
	a := withProfiles(t)
	for _, c := range []struct {
		before, begun string
		want          string
	}{
		{"", "sta", "status"},
		{"", "--pro", "--profile"},
		{"--profile work", "sta", "status"},
		{"status", "w", "work"},
		{"status work", "w", ""},
		{"status", "--j", "--json"},
		{"--config nowhere status", "w", ""},
		{"logout", "--a", "--all"},
		{"login --profile", "w", "work"},
		{"login -p", "w", "work"},
		{"login", "--profile=w", "--profile=work"},
		{"login --profile =", "w", "work"},
		{"login --profile", "=", "work,home office,it's"},
		{"login --profile = work", "--dev", "--device"},
		{"token --min-ttl", "", ""},
		{"token --min-ttl 5m", "w", "work"},
		{"help", "ref", "refresh"},
		{"completion", "z", "zsh"},
		{"configure", "po", "podman"},
		{"configure git", "--d", "--debug,--dry-run"},
		{"configure git", "--l", "--local"},
		{"configure docker", "--l", ""},
		{"configure docker", "--o", "--overwrite"},
		{"configure docker", "g", "git.example.com"},
		{"unconfigure pnpm git.example.com", "r", "registry.example.com:5000"},
		{"configure cargo", "g", ""},
		{"configure kubectl --context", "x", ""},
		{"configure git --file", "x", ""},
		{"nosuch", "", ""},
	} {
		var before []string
		if c.before != "" {
			before = strings.Split(c.before, " ")
		}
		one := *a.App // what a word changes is for one call
		a := &app{&one}
		if got := strings.Join(a.complete(before, c.begun), ","); got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.before, c.begun, got, c.want)
		}
	}
}

// The usage of a verb is what completion goes by, so each of its options must be one.
func TestUsageNamesOptionsThatExist(t *testing.T) {
	for _, v := range verbs() {
		about := v.text
		if v.name == "unconfigure" { // which refers to it
			about = command("configure").text
		}
		for _, tool := range v.tools {
			words := tool.Words
			if v.name == "unconfigure" { // takes away nothing of anybody else
				words = strings.TrimSuffix(words, "[--overwrite]")
			}
			for _, row := range []string{"\n  " + v.name + " " + strings.TrimSpace(tool.Name+" "+words) + "\n", "\n      " + tool.About + "\n"} {
				if !strings.Contains(v.help(), row) {
					t.Errorf("the help of %s lacks %q", v.name, row)
				}
			}
		}
		for _, w := range split(v.words) {
			if strings.HasPrefix(w, "-") && !strings.Contains(about, w) {
				t.Errorf("%s: %s stands in the usage and not in the help", v.name, w)
			}
		}
	}
}
