//go:build linux

package machine

import (
	"strings"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// Types types a line into the shell, which has to succeed, and returns all that was said.
func (m *Machine) Types(line string) string {
	m.T.Helper()
	said, err := m.Try("/bin/sh", "-c", line)
	if err != nil {
		m.T.Errorf("%s: %v\n%s", line, err, said)
	}
	return said
}

// Pays types a line that has to succeed and to cost so many refreshes.
func (m *Machine) Pays(refreshes int, line string) string {
	m.T.Helper()
	before := m.Domain.Posts(idcstest.Refresh)
	said := m.Types(line)
	if n := m.Domain.Posts(idcstest.Refresh) - before; n != refreshes {
		m.T.Errorf("%s: %d refreshes, want %d", line, n, refreshes)
	}
	return said
}

// Fails types a line that has to fail and to say all of the words.
func (m *Machine) Fails(line string, words ...string) string {
	m.T.Helper()
	said, err := m.Try("/bin/sh", "-c", line)
	if err == nil {
		m.T.Errorf("%s: it works\n%s", line, said)
	}
	m.Reads(line, said, words...)
	return said
}

// Reads asserts that all of the words stand in what was said.
func (m *Machine) Reads(line, said string, words ...string) {
	m.T.Helper()
	for _, w := range words {
		if !strings.Contains(said, w) {
			m.T.Errorf("%s: no %q in what the person reads:\n%s", line, w, said)
		}
	}
}

// NeedsLogin is what the person of the profile work reads in all tools when nothing is stored.
var NeedsLogin = []string{
	"credential-idcs: profile work: login needed, nothing is stored yet\n\tcredential-idcs login work\n",
}

// LogsOut logs the person out.
func (m *Machine) LogsOut() {
	m.T.Helper()
	if r := m.Do(Logout); r.Exit != 0 {
		m.T.Errorf("%s", r)
	}
}
