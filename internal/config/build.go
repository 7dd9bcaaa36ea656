package config

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/pelletier/go-toml/v2/unstable"
)

// A builder makes a Profile of its table. Keys and types were checked before.
type builder struct {
	file    string
	at      place
	profile string
	table   *table
}

// The bounds that the domain sets for a custom expiry.
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/TokenExpiryTable.htm
const (
	minExpiry = 60 * time.Second
	maxExpiry = 31556952 * time.Second
)

var (
	tokens  = []string{"access", "id"}
	schemes = []string{"auto", "basic", "bearer"}
)

func (b *builder) build() (*Profile, error) {
	if err := b.name(); err != nil {
		return nil, err
	}
	p := &Profile{Name: b.profile, Line: b.table.line, Username: DefaultUsername, Token: "access"}
	for _, step := range []func(*Profile) error{b.basics, b.scopes, b.files, b.client, b.user, b.oci, b.targets, b.fits, b.loginOCI} {
		if err := step(p); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// name refuses a name that can't be typed as an argument. Any other is accepted: no file is named after it.
func (b *builder) name() error {
	switch {
	case b.profile == "":
		return b.fail(b.table, "", "a profile has no name")
	case strings.HasPrefix(b.profile, "-"):
		return b.fail(b.table, "", "the name of profile "+quote(b.profile)+" begins with -")
	case strings.IndexFunc(b.profile, hidden) >= 0:
		return b.fail(b.table, "", "the name of profile "+quote(b.profile)+" has a character that can't be seen")
	}
	return nil
}

// hidden reports whether a message would not show a character as it is.
func hidden(r rune) bool { return text.Clean(string(r)) != string(r) }

func (b *builder) basics(p *Profile) error {
	needed := []string{"domain", "client_id", "login"}
	if b.table.text("login") == OCILogin {
		needed = nil // loginOCI checks whether a domain is needed
	}
	for _, name := range needed {
		if b.table.get(name) == nil {
			return b.missing(b.table, name)
		}
	}
	for _, name := range b.table.keys {
		// An empty refresh_scope is the default, written out.
		if n := b.table.get(name); n.kind == kindString && n.text == "" && name != "targets" && name != "refresh_scope" {
			return b.fail(b.table, name, "is empty")
		}
	}
	var err error
	if b.table.get("domain") != nil {
		if p.Domain, err = b.domain(); err != nil {
			return err
		}
	}
	if p.ClientID = b.table.text("client_id"); strings.IndexFunc(p.ClientID, notVisible) >= 0 {
		return b.fail(b.table, "client_id", "must be printable ASCII")
	}
	if p.Login, err = b.choice(b.table, "login", "", LoginNames()); err != nil {
		return err
	}
	if p.Token, err = b.choice(b.table, "token", "access", tokens); err != nil {
		return err
	}
	if u := b.table.text("username"); u != "" {
		p.Username = u
		return b.username(b.table)
	}
	return nil
}

// notVisible is the complement of RFC 6749's VSCHAR, of which a client_id is made (appendix A.1).
func notVisible(r rune) bool { return r < 0x20 || 0x7e < r }

// domain reads the domain's origin: https, a host, perhaps a port.
func (b *builder) domain() (string, error) {
	s := b.table.text("domain")
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		return "", b.fail(b.table, "domain", "must begin with https://")
	}
	if strings.ContainsAny(rest, `@?#\%*`) || strings.Contains(strings.TrimSuffix(rest, "/"), "/") {
		return "", b.fail(b.table, "domain", "must be https://HOST or https://HOST:PORT and nothing more")
	}
	t, err := helpers.ParseTarget(s)
	if err != nil {
		return "", b.fail(b.table, "domain", "is not right: "+err.Error())
	}
	return t.String(), nil
}

// username checks that a Basic credential can have a table's username (RFC 7617 section 2), and that it isn't docker's
// word for "the secret is a registry's token".
func (b *builder) username(t *table) error {
	u := t.text("username")
	switch {
	case u == "":
		return b.fail(t, "username", "is empty")
	case len(u) > 255:
		return b.fail(t, "username", "is longer than 255 bytes")
	case !utf8.ValidString(u):
		return b.fail(t, "username", "is not UTF-8")
	case strings.Contains(u, ":"):
		return b.fail(t, "username", "has a colon, which ends a user name in Basic authentication")
	case strings.TrimSpace(u) != u:
		return b.fail(t, "username", "begins or ends with a space")
	case u == "<token>":
		return b.fail(t, "username", "is <token>, which has another meaning for docker")
	}
	return nil
}

// scopes reads scope, refresh_scope and expiry. Scopes are opaque, but for these rules of the domain.
func (b *builder) scopes(p *Profile) error {
	p.Scope, p.RefreshScope = b.table.text("scope"), b.table.text("refresh_scope")
	if p.Scope == "" && !p.Method().AnyScope {
		return b.missing(b.table, "scope")
	}
	for _, name := range []string{"scope", "refresh_scope"} {
		if has(b.table.text(name), "urn:opc:resource:multiresourcescope") {
			return b.fail(b.table, name, "has urn:opc:resource:multiresourcescope, whose answer holds several tokens")
		}
	}
	if b.table.get("expiry") == nil {
		return nil
	}
	d, err := time.ParseDuration(b.table.text("expiry"))
	switch {
	case err != nil:
		return b.fail(b.table, "expiry", `must be a duration such as "8h" or "90m"`)
	case d < minExpiry || d > maxExpiry:
		return b.fail(b.table, "expiry", "must be from 60s to 31556952s (a year)")
	case d%time.Second != 0:
		return b.fail(b.table, "expiry", "must be whole seconds")
	case has(p.Scope, "urn:opc:resource:consumer::all"):
		return b.fail(b.table, "expiry", "can't be used with the scope urn:opc:resource:consumer::all, the domain refuses both together")
	case strings.Contains(p.Scope, "urn:opc:resource:expiry="):
		return b.fail(b.table, "expiry", "is in scope too: urn:opc:resource:expiry")
	}
	p.Expiry = d
	return nil
}

// has reports whether scopes, separated by spaces, has one.
func has(scopes, one string) bool {
	for s := range strings.FieldsSeq(scopes) {
		if s == one {
			return true
		}
	}
	return false
}

// files reads ca_file, proxy, redirect_url and listen.
func (b *builder) files(p *Profile) error {
	if err := b.ca(p); err != nil {
		return err
	}
	if err := b.proxy(p); err != nil {
		return err
	}
	n := b.table.get("redirect_url")
	if n == nil {
		return b.listen(p)
	}
	p.RedirectURL, p.RedirectLine = n.text, n.line
	if err := CheckRedirect(p.RedirectURL); err != "" {
		return b.fail(b.table, "redirect_url", err)
	}
	return b.listen(p)
}

// ca reads ca_file: a file, or a list in which "system" is the system's own list.
func (b *builder) ca(p *Profile) error {
	n := b.table.get("ca_file")
	if n == nil {
		return nil
	}
	items := n.items
	if n.kind == unstable.String {
		items = []*node{n}
	}
	for _, item := range items {
		switch {
		case item.text == "":
			return &Error{File: b.file, Line: item.line, Reason: "ca_file has an empty name"}
		case item.text == "system":
			p.CA.System = true
		default:
			p.CA.Files = append(p.CA.Files, b.at.path(item.text))
		}
	}
	if p.CA.IsZero() {
		return b.fail(b.table, "ca_file", "is empty")
	}
	return nil
}

// choice is a key's value if it is one of a list.
func (b *builder) choice(t *table, name, without string, list []string) (string, error) {
	n := t.get(name)
	if n == nil {
		return without, nil
	}
	for _, w := range list {
		if n.text == w {
			return w, nil
		}
	}
	reason := "must be " + text.List(list, "or")
	if m := text.Nearest(n.text, list); m != "" {
		reason += "; did you mean " + quote(m) + "?"
	}
	return "", b.fail(t, name, reason)
}

// private is the path of a key or a secret.
func (b *builder) private(t *table, name string) Path {
	if s := t.text(name); s != "" {
		return b.at.private(s)
	}
	return Path{}
}

func (b *builder) path(t *table, name string) Path {
	if s := t.text(name); s != "" {
		return b.at.path(s)
	}
	return Path{}
}

// text is the string under a key, empty if there is none.
//
//go:noinline
func (t *table) text(name string) string {
	if n := t.get(name); n != nil {
		return n.text
	}
	return ""
}

// fail is an error about a key of a table, or about the table itself if it has no such key.
func (b *builder) fail(t *table, name, reason string) error {
	line := t.line
	if n := t.get(name); n != nil {
		line = n.line
	}
	if name != "" {
		reason = name + " " + reason
	}
	return &Error{File: b.file, Line: line, Reason: reason}
}

// lacks is fail for a missing key, which somebody may just be writing.
//
//go:noinline
func (b *builder) lacks(t *table, name, reason string) error {
	err := b.fail(t, name, reason).(*Error) //nolint:errorlint // it makes no other
	err.Short = true
	return err
}

func (b *builder) missing(t *table, name string) error {
	return b.lacks(t, "", "profile "+quote(b.profile)+" has no "+name)
}
