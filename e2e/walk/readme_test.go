//go:build linux

package walk

import (
	"os"
	"strings"
	"testing"
)

// A section is a part of a page between one heading and the next.
type section string

// page is the section below a heading of the README or of a page of docs.
func page(t *testing.T, name, heading string) section {
	t.Helper()
	b, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut("\n"+string(b), "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s has no %q", name, heading)
	}
	s, _, _ := strings.Cut(rest, "\n#")
	return section(s)
}

// blocks are the fenced blocks of a language; "" is that of commands.
func (s section) blocks(language string) []string {
	var list []string
	parts := strings.Split("\n"+string(s), "\n```")
	for i := 1; i < len(parts); i += 2 { // what is between the fences
		name, content, _ := strings.Cut(parts[i], "\n")
		if name == language {
			list = append(list, content+"\n")
		}
	}
	return list
}

// block is the only one of its language.
func (s section) block(t *testing.T, language string) string {
	t.Helper()
	list := s.blocks(language)
	if len(list) != 1 {
		t.Fatalf("%d blocks of %q, want one, in\n%s", len(list), language, s)
	}
	return list[0]
}
