package config

import (
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/pelletier/go-toml/v2/unstable"
)

// A section has the keys that a table may have.
type section struct {
	in   string // its header, for a message: "[profiles.NAME]"
	keys []key
}

type key struct {
	name string
	want want
	sub  *section // of a tableOf, tablesOf
}

// want is the type of a key's value.
type want int

const (
	aString want = iota
	aBool
	aList      // of strings
	anyOfThese // a string or a list of strings
	aTable
	namedTables  // a table whose keys are free and whose values are tables
	namedTexts   // a table whose keys are free and whose values are strings
	listedTables // [[name]], which only File.Published checks
)

var rootSection = section{"the top of the file", []key{
	{"default", aString, nil},
	{"seal", aString, nil},
	{"seal_timeout", aString, nil},
	{"profiles", namedTables, &profileSection},
	{"publish", listedTables, &publishSection},
}}

var profileSection = section{"[profiles.NAME]", []key{
	{"domain", aString, nil},
	{"client_id", aString, nil},
	{"login", aString, nil},
	{"scope", aString, nil},
	{"expiry", aString, nil},
	{"refresh_scope", aString, nil},
	{"username", aString, nil},
	{"token", aString, nil},
	{"ca_file", anyOfThese, nil},
	{"proxy", aString, nil},
	{"redirect_url", aString, nil},
	{"listen", aString, nil},
	{"targets", aList, nil},
	{"client", aTable, &clientSection},
	{"user", aTable, &userSection},
	{"target", namedTables, &targetSection},
	{"oci", aTable, &ociSection},
}}

// assertionKeys are the keys for an assertion, the client's or the user's.
var assertionKeys = []key{
	{"key_file", aString, nil},
	{"sign_command", aList, nil},
	{"sign_agent", aString, nil},
	{"key_id", aString, nil},
	{"cert_file", aString, nil},
	{"audience", aString, nil},
}

var clientSection = section{"[profiles.NAME.client]", append([]key{
	{"secret_file", aString, nil},
	{"secret_env", aString, nil},
	{"secret_command", aList, nil},
}, assertionKeys...)}

var userSection = section{"[profiles.NAME.user]", append([]key{
	{"subject", aString, nil},
}, assertionKeys...)}

var targetSection = section{`[profiles.NAME.target."URL"]`, []key{
	{"username", aString, nil},
	{"scheme", aString, nil},
	{"tools", aList, nil},
	{"min_ttl", aString, nil},
	{"kind", aString, nil},
	{"cluster", aString, nil},
	{"region", aString, nil},
}}

var ociSection = section{"[profiles.NAME.oci]", []key{
	{"principal", aString, nil},
	{"config_file", aString, nil},
	{"profile", aString, nil},
	{"region", aString, nil},
	{"refresh", aBool, nil},
	{"metadata_url", aString, nil},
	{"endpoint", aString, nil},
	{"service_account_dir", aString, nil},
}}

// sections are searched for a misplaced key: in TOML all keys behind a header belong to it, so a profile's key that
// was added at the end of the file is in the last table.
var sections = []*section{&profileSection, &clientSection, &userSection, &targetSection, &ociSection, &publishSection}

func (s *section) find(name string) *key {
	for i := range s.keys {
		if s.keys[i].name == name {
			return &s.keys[i]
		}
	}
	return nil
}

// check checks the keys and types of a table, and of the tables inside it. The error is an *Error.
func (s *section) check(file string, t *table) error {
	for _, name := range t.keys {
		n := t.get(name)
		k := s.find(name)
		if k == nil {
			return &Error{File: file, Line: n.line, Reason: "unknown key " + quote(name) + s.hint(name)}
		}
		if err := k.check(file, n); err != nil {
			return err
		}
	}
	return nil
}

func (k *key) check(file string, n *node) error {
	wrong := func(is string) error { return &Error{File: file, Line: n.line, Reason: k.name + " must be " + is} }
	switch k.want {
	case aString:
		if n.kind != unstable.String {
			return wrong("a string in quotes")
		}
		return k.plain(file, n)
	case anyOfThese:
		switch n.kind {
		case unstable.String:
			return k.plain(file, n)
		case unstable.Array:
			return k.list(file, n)
		}
		return wrong("a string in quotes, or a list of them")
	case aBool:
		if n.kind != unstable.Bool {
			return wrong("true or false, without quotes")
		}
	case aList:
		if n.kind != unstable.Array {
			return wrong("a list of strings: [\"...\"]")
		}
		return k.list(file, n)
	case aTable:
		if n.table == nil {
			return wrong("a table")
		}
		return k.sub.check(file, n.table)
	case namedTables:
		if n.table == nil {
			return wrong("a table of tables")
		}
		for _, name := range n.table.keys {
			m := n.table.get(name)
			if m.table == nil {
				return &Error{File: file, Line: m.line, Reason: k.name + "." + quote(name) + " must be a table"}
			}
			if err := k.sub.check(file, m.table); err != nil {
				return err
			}
		}
	case namedTexts:
		if n.table == nil {
			return wrong("a table of strings")
		}
		for _, name := range n.table.keys {
			m := n.table.get(name)
			if m.kind != unstable.String {
				return &Error{File: file, Line: m.line, Reason: k.name + "." + quote(name) + " must be a string in quotes"}
			}
			if err := k.plain(file, m); err != nil {
				return err
			}
		}
	case listedTables:
	}
	return nil
}

// list demands that all items are strings.
func (k *key) list(file string, n *node) error {
	for _, item := range n.items {
		if item.kind != unstable.String {
			return &Error{File: file, Line: item.line, Reason: k.name + " must have strings in quotes only"}
		}
		if err := k.plain(file, item); err != nil {
			return err
		}
	}
	return nil
}

// plain refuses control characters, which could end a line of a protocol or of a message.
func (k *key) plain(file string, n *node) error {
	if strings.IndexFunc(n.text, helpers.Control) >= 0 {
		said := k.name + " has a control character"
		if startsAsWindowsPath(n.text) {
			said += inSingleQuotes
		}
		return &Error{File: file, Line: n.line, Reason: said}
	}
	return nil
}

// hint is the end of a message about an unknown key: what was probably meant.
func (s *section) hint(name string) string {
	known := make([]string, len(s.keys))
	for i := range s.keys {
		known[i] = s.keys[i].name
	}
	if m := text.Nearest(name, known); m != "" {
		return "; did you mean " + quote(m) + "?"
	}
	for _, other := range sections {
		if other.find(name) != nil {
			return "; it belongs in " + other.in
		}
	}
	if rootSection.find(name) != nil {
		return "; it belongs at " + rootSection.in + ", before the first table"
	}
	return ""
}
