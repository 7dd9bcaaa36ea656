package people

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
		{"help configure", "po", "podman"},
		{"help login", "w", ""},
		{"completion", "z", "zsh"},
		{"configure", "po", "podman"},
		{"configure git", "--d", "--dry-run,--debug"},
		{"configure git", "--l", "--local"},
		{"configure docker", "--l", ""},
		{"configure docker", "--o", "--overwrite"},
		{"configure docker", "g", "git.example.com"},
		{"unconfigure pnpm git.example.com", "r", "registry.example.com:5000"},
		{"configure cargo", "g", ""},
		{"unconfigure docker", "--o", ""},
		{"init --login", "d", "device"},
		{"init", "--login=d", "--login=device"},
		{"token -p work", "--min", "--min-ttl"},
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
		var words []string
		for _, found := range a.complete(before, c.begun) {
			words = append(words, found.word)
		}
		if got := strings.Join(words, ","); got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.before, c.begun, got, c.want)
		}
	}
}

// The usage, the table of the help and completion speak of the same options.
func TestUsageAndHelpNameTheSameOptions(t *testing.T) {
	for _, v := range verbs() {
		v.set()
		help := v.help()
		for _, name := range v.order {
			if _, usage := flag.UnquoteUsage(v.Lookup(name)); usage == "" {
				t.Errorf("%s: nothing says what %s does", v.name, dashed(name))
			}
			if n := strings.Count(help, dashed(name)); n < 2 {
				t.Errorf("%s: %s is in the help %d times, want once in the usage and once below it\n%s", v.name, dashed(name), n, help)
			}
		}
		for _, w := range regexp.MustCompile(`--[a-z-]+`).FindAllString(v.usage, -1) {
			if !slices.Contains(v.order, strings.TrimPrefix(w, "--")) {
				t.Errorf("%s has no option %s", v.name, w)
			}
		}
	}
}

// zsh and fish show what a word is.
func TestCompleteDescribesWords(t *testing.T) {
	out, _, status := run(t, "credential-idcs", "complete", "--described", "--word=--h", "token")
	if want := "--header\tas a header line, for curl\n--help\tprint the help\n"; out != want || status != 0 {
		t.Errorf("got %q, exit %d", out, status)
	}
	if out, _, _ := run(t, "credential-idcs", "complete", "--described", "--word=stat"); out != "status\twho is logged in, and for how long\n" {
		t.Errorf("got %q", out)
	}
	if out, _, _ := run(t, "credential-idcs", "complete", "--word=stat"); out != "status\n" {
		t.Errorf("got %q", out)
	}
}
