//go:build linux

package machine

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// File is the path of the token file's sibling: .json, .lock, .state, .new. Before the first login
// there is none, which is fatal.
func (m *Machine) File(suffix string) string {
	m.T.Helper()
	locks, _ := filepath.Glob(filepath.Join(m.Cache, strings.Repeat("?", 32)+".lock"))
	if len(locks) != 1 {
		m.T.Fatalf("there are %d lock files in %s", len(locks), m.Cache)
	}
	return strings.TrimSuffix(locks[0], ".lock") + suffix
}

// sealed is the head of a token file: the number of bytes and the checksum of the record inside.
var sealed = regexp.MustCompile(`(?s)^\{"version":1,"length":(\d+),"sha256":"([0-9a-f]{64})","record":(.*)\}\n$`)

// Record is the record in the token file. A file that isn't whole is fatal.
func (m *Machine) Record() []byte {
	m.T.Helper()
	b, err := os.ReadFile(m.File(".json"))
	if err != nil {
		m.T.Fatalf("%v", err)
	}
	parts := sealed.FindSubmatch(b)
	if parts == nil || string(parts[1]) != strconv.Itoa(len(parts[3])) || string(parts[2]) != fmt.Sprintf("%x", sha256.Sum256(parts[3])) {
		m.T.Fatalf("the token file isn't whole (%d bytes)", len(b))
	}
	return parts[3]
}

// Stored is what the token file says, as far as tests look at it.
type Stored struct {
	Access   string `json:"access_token"`
	Refresh  string `json:"refresh_token"`
	Obtained int64  `json:"obtained"`
	Life     int64  `json:"life"`
	Machine  string `json:"machine"`
}

// Stored reads the token file.
func (m *Machine) Stored() Stored {
	m.T.Helper()
	// The record names the stamp twice, for the access token and for the ID token; the first counts.
	record, _, _ := bytes.Cut(m.Record(), []byte(`,"id_token"`))
	var s Stored
	if err := json.Unmarshal(append(record, '}'), &s); err != nil {
		m.T.Fatalf("the record is no JSON: %v", err)
	}
	return s
}

// Edit changes the record by a pattern and seals it again, as no one but a test would.
func (m *Machine) Edit(pattern, replacement string) {
	m.T.Helper()
	re := regexp.MustCompile(pattern)
	record := m.Record()
	if !re.Match(record) {
		m.T.Fatalf("the record has no %s", pattern)
	}
	m.seal(re.ReplaceAll(record, []byte(replacement)))
}

func (m *Machine) seal(record []byte) {
	m.T.Helper()
	text := fmt.Sprintf("{\"version\":1,\"length\":%d,\"sha256\":\"%x\",\"record\":%s}\n", len(record), sha256.Sum256(record), record)
	if err := os.WriteFile(m.File(".json"), []byte(text), 0o600); err != nil {
		m.T.Fatalf("%v", err)
	}
}

var intent = regexp.MustCompile(`"intent":\{[^}]*"pid":(\d+)`)

// Sending is the pid of the process that noted that it sends the refresh token, and hasn't noted that
// the successor is saved; 0: none has.
func (m *Machine) Sending() int {
	m.T.Helper()
	b, err := os.ReadFile(m.File(".state"))
	if err != nil {
		return 0
	}
	parts := intent.FindSubmatch(b)
	if parts == nil {
		return 0
	}
	pid, _ := strconv.Atoi(string(parts[1])) // the pattern has digits only
	return pid
}

// Marked reports whether it is noted that a refresh token is spent.
func (m *Machine) Marked() bool {
	m.T.Helper()
	b, err := os.ReadFile(m.File(".state"))
	return err == nil && bytes.Contains(b, []byte(`"mark":{`))
}

var stamps = regexp.MustCompile(`"(obtained|boot)":(\d+)`)

// Age makes the stored token older by d, or younger, by both clocks.
func (m *Machine) Age(d time.Duration) {
	m.T.Helper()
	m.seal(stamps.ReplaceAllFunc(m.Record(), func(b []byte) []byte {
		parts := stamps.FindSubmatch(b)
		ms, _ := strconv.ParseInt(string(parts[2]), 10, 64) // the pattern has digits only
		if ms != 0 {
			ms = max(0, ms-d.Milliseconds()) // 0 is "unknown", which the other clock outweighs
		}
		return fmt.Appendf(nil, `"%s":%d`, parts[1], ms)
	}))
}

// Leave ages the stored access token so that it has so much life left.
func (m *Machine) Leave(left time.Duration) {
	m.T.Helper()
	s := m.Stored()
	dies := time.UnixMilli(s.Obtained).Add(time.Duration(s.Life) * time.Second)
	m.Age(time.Until(dies) - left)
}

// Expire ages the stored access token beyond its life.
func (m *Machine) Expire() {
	m.T.Helper()
	m.Leave(-time.Minute)
}

// Left lists the files of the cache folder by what stands behind the key: .json, .lock …, and whole
// names of files that have no key.
func (m *Machine) Left() []string {
	entries, _ := os.ReadDir(m.Cache)
	var names []string
	for _, e := range entries {
		if i := strings.IndexByte(e.Name(), '.'); i == 32 {
			names = append(names, e.Name()[i:])
		} else {
			names = append(names, e.Name())
		}
	}
	return names
}

// Litter asserts that nothing is left behind but what belongs there, and at most one temporary file.
func (m *Machine) Litter() {
	m.T.Helper()
	seen := map[string]bool{}
	for _, name := range m.Left() {
		switch name {
		case ".json", ".lock", ".state", ".new", "CACHEDIR.TAG", "seal.json", "seal.lock":
			if !seen[name] {
				seen[name] = true
				continue
			}
		}
		m.T.Errorf("litter in the folder: %s of %v", name, m.Left())
	}
}

// Snapshot is a digest of the names and contents of all files of the cache folder.
func (m *Machine) Snapshot() string {
	m.T.Helper()
	entries, err := os.ReadDir(m.Cache)
	if err != nil {
		m.T.Fatalf("%v", err)
	}
	h := sha256.New()
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(m.Cache, e.Name()))
		if err != nil {
			m.T.Fatalf("%v", err)
		}
		fmt.Fprintf(h, "%q %q\n", e.Name(), b)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
