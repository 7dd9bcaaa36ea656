package provider

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

//go:embed chromium.mjs
var chromium []byte

// A Visitor is a person at a real browser, headless, with a profile of its own.
type Visitor struct {
	Code          string // typed where a device login asks for it
	Until         string // the words of the page at which it ends
	Dark          bool   // the person's system is dark
	Width, Height int    // of the window, in CSS pixels
	Picture       string // file for what the page looks like; empty: none is taken
}

// What a Visitor saw.
type Seen struct {
	URL, Title, Text, HTML string // of the last page
	History                []string
	Requests               []struct{ URL, Referer string }
	Console                []string // what the pages complained about
	Overflow               bool     // the page is wider than the window
	Error                  string   // why it didn't get to the end
}

// Command is the words of a command that gets a URL as one more argument, as $BROWSER holds one, and
// where what it saw can be read once it has ended.
func (v Visitor) Command(t testing.TB) (words []string, seen func() Seen) {
	t.Helper()
	node, browser := need.Tool(t, "node"), need.Tool(t, "chromium")
	folder := t.TempDir()
	if err := os.Symlink(need.Modules(t, "rig/provider", lock, "oidc-provider"), filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "chromium.mjs"), chromium, 0o600); err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(folder, "seen")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := json.Marshal(map[string]any{
		"chromium": browser, "folder": filepath.Join(folder, "profile"), "seen": fifo,
		"code": v.Code, "until": v.Until, "dark": v.Dark, "width": v.Width, "height": v.Height, "picture": v.Picture,
	})
	if err != nil {
		t.Fatal(err)
	}
	// $BROWSER is a list with colons, of words and quotes: JSON would be taken apart.
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' '%s' '%s' \"$@\"\n", node, filepath.Join(folder, "chromium.mjs"), strings.ReplaceAll(string(settings), "'", `\u0027`))
	words = []string{filepath.Join(folder, "browser")}
	if err := os.WriteFile(words[0], []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	// Open for both, so that neither side waits for the other to open it.
	pipe, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pipe.Close() })
	return words, func() Seen {
		t.Helper()
		_ = pipe.SetReadDeadline(time.Now().Add(2 * time.Minute)) // pipes have deadlines
		b, err := bufio.NewReader(pipe).ReadBytes('\n')
		if err != nil {
			t.Fatalf("the browser: %v", err)
		}
		var s Seen
		if err := json.Unmarshal(b, &s); err != nil || s.Error != "" {
			t.Fatalf("the browser: %v %s", err, s.Error)
		}
		return s
	}
}
