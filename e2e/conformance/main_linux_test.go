package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// The command's exit status tells a MUST from a SHOULD, and its table shows no secret.
func TestCommand(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(envStore, t.TempDir()) // this test binary is the helper, which breaks no MUST
	const broken = "| match-lines (D3) | SHOULD | never joins lines, nor takes one of several | our advice | FAIL |"
	for _, c := range []struct {
		args   []string
		status int
		stdout string
	}{
		{[]string{"-protocol", "docker", "-store", "-markdown", "-failures", "-timeout", "1m", exe}, 0, broken},
		{[]string{"-protocol", "docker", "-store", "-strict", "-timeout", "1m", exe}, 1, "SHOULD: 11 kept, 2 broken, 3 not applicable"},
		// One rule waits to the end: docker's framework reads all of its stdin.
		{[]string{"-protocol", "git", "-timeout", "3s", exe}, 1, "an action that it doesn't know"},
		{[]string{"-protocol", "svn", exe}, 2, ""},
		{[]string{"-protocol", "git", "-store", "-url", "https://git.example.com", exe}, 2, ""},
		{[]string{"-protocol", "git", "-url", "git.example.com", exe}, 2, ""},
		{[]string{"-protocol", "git", "-store", "no-such-program"}, 2, ""},
		{[]string{"-protocol", "git", "-store"}, 2, ""},
	} {
		var stdout, stderr bytes.Buffer
		status := run(c.args, &stdout, &stderr)
		if status != c.status || !strings.Contains(stdout.String(), c.stdout) || (status == 2) == (stderr.Len() == 0) {
			t.Errorf("%q: exit status %d, want %d\n%s%s", c.args, status, c.status, stdout.String(), stderr.String())
		}
		if strings.Contains(stdout.String(), "secret-") {
			t.Errorf("%q shows a secret:\n%s", c.args, stdout.String())
		}
	}
}
