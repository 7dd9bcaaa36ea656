package e2e_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/configuration.md from its manual page")

// docs/configuration.md and the manual page are one text: the page of docs is made from it.
func TestConfigurationPageIsTheManuals(t *testing.T) {
	const path = "../docs/configuration.md"
	want := markdown(t, read(t, source("credential-idcs-config.5")))
	if *update {
		write(t, path, want, 0o644)
		return
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s isn't what man/credential-idcs-config.5 says; go test ./e2e -run Configuration -update writes it (%v)", path, err)
	}
}

// markdown turns a manual page into Markdown: the requests of man(7) that this project's pages use.
func markdown(t *testing.T, page string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("# The configuration file\n\n<!-- made from man/credential-idcs-config.5 by go test ./e2e -run Configuration -update -->\n")
	term, fenced := false, false
	item := false // in the text of a term
	text := func(words string) {
		switch {
		case fenced:
			b.WriteString(plain(words) + "\n")
		case term:
			b.WriteString("\n- " + words + ": ")
			term, item = false, true
		case item:
			b.WriteString(words + " ")
		default:
			b.WriteString(words + "\n")
		}
	}
	_, body, _ := strings.Cut(page, "\n.SH DESCRIPTION\n")
	body, _, _ = strings.Cut(body, "\n.SH SEE ALSO")
	for line := range strings.SplitSeq(strings.TrimSpace(body), "\n") {
		request, rest, _ := strings.Cut(line, " ")
		switch {
		case request == ".SH":
			b.WriteString("\n\n## " + strings.ToUpper(rest[:1]) + strings.ToLower(rest[1:]) + "\n\n")
			item = false
		case request == ".PP":
			b.WriteString("\n\n")
			item = false
		case request == ".TP":
			term, item = true, false
		case request == ".nf", request == ".EX":
			b.WriteString("\n```toml\n")
			fenced = true
		case request == ".fi", request == ".EE":
			b.WriteString("```\n")
			fenced = false
		case request == ".B", request == ".I":
			text("`" + plain(rest) + "`")
		case request == ".BR", request == ".RB", request == ".BI", request == ".IR", request == ".RI":
			text(alternating(request[1:], rest))
		case strings.HasPrefix(line, "."):
			t.Errorf("markdown doesn't know %q", line)
		default:
			text(inline(line))
		}
	}
	return regexp.MustCompile(`[ ]+\n`).ReplaceAllString(regexp.MustCompile(`\n{3,}`).ReplaceAllString(b.String(), "\n\n"), "\n") + "\n"
}

// alternating is a request of two fonts, whose R is the text's own. Words in quotes are one.
func alternating(fonts, rest string) string {
	var words []string
	for _, m := range regexp.MustCompile(`"([^"]*)"|(\S+)`).FindAllStringSubmatch(rest, -1) {
		words = append(words, m[1]+m[2])
	}
	if !strings.Contains(fonts, "R") {
		return "`" + plain(strings.Join(words, "")) + "`"
	}
	var b strings.Builder
	for i, w := range words {
		if w = plain(w); fonts[i%2] == 'R' {
			b.WriteString(w)
		} else {
			b.WriteString("`" + w + "`")
		}
	}
	return b.String()
}

// inline is text with changes of font in it.
func inline(s string) string {
	return plain(regexp.MustCompile(`\\f[BI](.*?)\\f[RP]`).ReplaceAllString(s, "`$1`"))
}

// plain is text without what roff needs.
func plain(s string) string {
	s = regexp.MustCompile(`\\f[BIRP]`).ReplaceAllString(s, "")
	return strings.NewReplacer(`\-`, "-", `\(dq`, `"`, `\(aq`, "'", `\&`, "", `\e`, `\`).Replace(s)
}
