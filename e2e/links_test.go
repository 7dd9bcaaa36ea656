package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each link of the documentation leads to a file that is there, and to a heading that is in it.
func TestLinksOfTheDocumentationLeadSomewhere(t *testing.T) {
	pages := append(pagesOfText(t), "../SECURITY.md", "../CONTRIBUTING.md", "../CHANGELOG.md")
	more, err := filepath.Glob("*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"`)
	links := 0
	for _, page := range append(pages, more...) {
		for _, m := range link.FindAllStringSubmatch(prose(read(t, page)), -1) {
			to := m[1] + m[2]
			if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			links++
			path, heading, _ := strings.Cut(to, "#")
			file := page
			if path != "" {
				file = filepath.Join(filepath.Dir(page), path)
			}
			info, err := os.Stat(file)
			if err != nil {
				t.Errorf("%s: %s leads nowhere", page, to)
				continue
			}
			if heading != "" && !info.IsDir() && !headings(read(t, file))[heading] {
				t.Errorf("%s: %s has no heading %q", page, file, heading)
			}
		}
	}
	if links < 60 {
		t.Errorf("only %d links were found", links)
	}
}

// prose is a page without its fenced blocks.
func prose(page string) string {
	var b strings.Builder
	for i, part := range strings.Split("\n"+page, "\n```") {
		if i%2 == 0 {
			b.WriteString(part + "\n")
		}
	}
	return b.String()
}

// headings are the names by which links know a page's headings.
// https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
func headings(page string) map[string]bool {
	names := map[string]bool{}
	dropped := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for line := range strings.Lines(prose(page)) {
		if level, text, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.Trim(level, "#") == "" && level != "" {
			names[strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(text), ""), " ", "-")] = true
		}
	}
	return names
}

// A page of docs that the index doesn't list is found by nobody.
func TestTheIndexListsEveryPage(t *testing.T) {
	index := read(t, "../docs/README.md")
	for _, page := range pagesOfText(t) {
		if name := filepath.Base(page); name != "README.md" && !strings.Contains(index, "("+name) {
			t.Errorf("docs/README.md lacks %s", name)
		}
	}
}

// The README fits three screens; what is more belongs to docs.
func TestTheReadmeIsShort(t *testing.T) {
	if n := strings.Count(read(t, "../README.md"), "\n"); n > 180 {
		t.Errorf("README.md has %d lines, at most 180", n)
	}
}
