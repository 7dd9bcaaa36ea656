package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/built"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

var pages = []string{
	"man1/bazel-credential-idcs.1", "man1/cargo-credential-idcs.1", "man1/credential-idcs.1", "man1/docker-credential-idcs.1",
	"man1/git-credential-idcs.1", "man1/kubectl-idcs.1", "man1/pnpm-token-idcs.1", "man1/terraform-credentials-idcs.1",
	"man5/credential-idcs-config.5",
}

func source(page string) string { return filepath.Join("..", "man", filepath.Base(page)) }

// Each name of the program has its page, and install.sh installs each page that there is.
func TestEachNameHasItsManualPage(t *testing.T) {
	for _, name := range installed {
		if !slices.Contains(pages, "man1/"+name+".1") {
			t.Errorf("%s has no page", name)
		}
	}
	script := read(t, filepath.Join("..", "install.sh"))
	_, words, _ := strings.Cut(script, "\npages='")
	words, _, _ = strings.Cut(words, "'")
	installs := strings.Fields(words)
	for _, page := range list(t, "../man") {
		if !slices.Contains(installs, page) || !slices.ContainsFunc(pages, func(p string) bool { return filepath.Base(p) == page }) {
			t.Errorf("man/%s isn't installed, or this test doesn't know it", page)
		}
	}
	if len(installs) != len(pages) {
		t.Errorf("install.sh installs %q, and there are %q", installs, pages)
	}
}

// The pages are sound: mandoc finds nothing to warn of.
func TestManualPagesAreSound(t *testing.T) {
	mandoc := need.Tool(t, "mandoc")
	for _, p := range pages {
		if out, err := exec.CommandContext(t.Context(), mandoc, "-Tlint", source(p)).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// plainPage is a page without what roff needs: escapes of - and changes of font.
func plainPage(t *testing.T, page string) string {
	t.Helper()
	return regexp.MustCompile(`\\f[BIR]`).ReplaceAllString(strings.ReplaceAll(read(t, source(page)), `\-`, "-"), "")
}

// The manual and completion know each command and option that the program's own help does, and the manual each
// key that the configuration has.
func TestManualPagesAreComplete(t *testing.T) {
	program := filepath.Join(t.TempDir(), "credential-idcs")
	if err := built.Program(runtime.GOOS, program); err != nil {
		t.Fatal(err)
	}
	help := func(args ...string) string {
		out, err := exec.CommandContext(t.Context(), program, append([]string{"help"}, args...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	page := plainPage(t, "credential-idcs.1")
	commands, helpers, _ := strings.Cut(help(), "Run by other programs")
	helpers, _, _ = strings.Cut(helpers, "Everywhere:")
	_, described, _ := strings.Cut(page, "\n.SH HELPERS\n")
	for _, h := range regexp.MustCompile(`(?m)^  ([a-z]+) `).FindAllStringSubmatch(helpers, -1) {
		if !regexp.MustCompile(`(?m)^\.BR? ` + h[1] + `\b`).MatchString(described) {
			t.Errorf("the manual lacks the helper %s", h[1])
		}
	}
	found := regexp.MustCompile(`(?m)^  ([a-z]+) `).FindAllStringSubmatch(commands, -1)
	if len(found) < 8 {
		t.Fatalf("only these commands in the help: %q", found)
	}
	for _, c := range found {
		if !strings.Contains(page, "\n.B "+c[1]+" ") && !strings.Contains(page, "\n.B "+c[1]+"\n") {
			t.Errorf("the manual lacks %s", c[1])
		}
		if known, err := exec.CommandContext(t.Context(), program, "complete", "--word="+c[1]).Output(); err != nil || !strings.HasPrefix(string(known), c[1]) {
			t.Errorf("completion lacks %s: %q, %v", c[1], known, err)
		}
		usage, _, _ := strings.Cut(help(c[1]), "\n\n")
		for _, tool := range regexp.MustCompile(`(?m)^  `+c[1]+` ([a-z]+)(.*)`).FindAllStringSubmatch(help(c[1]), -1) {
			if !regexp.MustCompile(`(?m)^\.B configure .*\b` + tool[1] + `\b`).MatchString(page) {
				t.Errorf("the manual lacks %s %s", c[1], tool[1])
			}
			usage += tool[2]
		}
		for _, option := range regexp.MustCompile(`--[a-z-]+`).FindAllString(usage, -1) {
			if !strings.Contains(page, option) {
				t.Errorf("the manual lacks %s %s", c[1], option)
			}
			known, err := exec.CommandContext(t.Context(), program, "complete", "--word="+option, c[1]).Output()
			if err != nil || !strings.HasPrefix(string(known), option) {
				t.Errorf("completion lacks %s %s: %q, %v", c[1], option, known, err)
			}
		}
	}

	// Each variable that the program reads, each exit status, each file.
	variables := map[string]bool{}
	reads := regexp.MustCompile(`[gG]etenv\("([A-Z_]+)"\)`)
	for _, root := range []string{"../cmd/credential-idcs", "../internal"} {
		err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "test/") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, m := range reads.FindAllSubmatch(source, -1) {
				variables[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(variables) < 10 {
		t.Fatalf("only these variables: %v", variables)
	}
	delete(variables, "WT_SESSION") // Windows Terminal's own: whether a QR code can be drawn there
	for name := range variables {
		if !strings.Contains(page, name) {
			t.Errorf("the manual lacks $%s", name)
		}
	}
	_, exits, _ := strings.Cut(page, "\n.SH EXIT STATUS\n")
	for _, want := range []string{"\n.B 0\n", "\n.B 1\n", "\n.B 2\n", "\n.B 3\n", "\n.B 4\n", "\n.B 5\n", "config.toml", ".cache/credential-idcs"} {
		if !strings.Contains(exits, want) && !strings.Contains(page, want) {
			t.Errorf("the manual lacks %q", want)
		}
	}

	page = plainPage(t, "credential-idcs-config.5")
	schema := read(t, "../internal/config/schema.go")
	keys := regexp.MustCompile(`\{"([a-z_]+)", a(?:String|Bool|List), nil\}`).FindAllStringSubmatch(schema, -1)
	if len(keys) < 20 {
		t.Fatalf("only these keys: %q", keys)
	}
	for _, k := range keys {
		if !regexp.MustCompile(`(?m)^\.BR? ` + k[1] + `\b`).MatchString(page) {
			t.Errorf("credential-idcs-config(5) lacks %s", k[1])
		}
	}
}

// install.sh puts the pages where man looks, keeps foreign ones, and takes its own away.
func TestInstallPutsManualPages(t *testing.T) {
	s := newScript(t, false)
	s.withoutGo()
	folder := filepath.Dir(s.path)
	write(t, filepath.Join(folder, "credential-idcs"), builtLike, 0o755)
	man := filepath.Join(s.home, ".local", "share", "man")
	s.want(0, nil) // a release without pages
	if _, err := os.Stat(man); err == nil {
		t.Error("without pages there is a folder for them")
	}
	for _, p := range pages {
		write(t, filepath.Join(folder, "man", filepath.Base(p)), read(t, source(p)), 0o600)
	}
	foreign := filepath.Join(man, "man1/git-credential-idcs.1")
	write(t, foreign, "theirs", 0o644)
	for range 2 {
		s.want(0, []string{"manual    credential-idcs.1", foreign + " is not from this project, it stays"})
	}
	for _, p := range pages {
		info, err := os.Stat(filepath.Join(man, p))
		if err != nil || info.Mode() != 0o644 {
			t.Errorf("%s: %v, %v", p, info, err)
		}
	}
	s.want(0, []string{"removed " + filepath.Join(man, pages[0]), foreign + " is not from this project, it stays"}, "--uninstall")
	if left := append(list(t, filepath.Join(man, "man1")), list(t, filepath.Join(man, "man5"))...); strings.Join(left, " ") != "git-credential-idcs.1" {
		t.Errorf("left %q", left)
	}
}
