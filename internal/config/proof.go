package config

import (
	"path/filepath"
	"strings"
)

// client builds the client's proof: one secret, or a key.
func (b *builder) client(p *Profile) error {
	n := b.table.get("client")
	if n == nil {
		return nil
	}
	t := n.table
	if err := b.noneEmpty("client", t); err != nil {
		return err
	}
	var found string
	for _, name := range []string{"secret_file", "secret_env", "secret_command", "key_file"} {
		switch {
		case t.get(name) == nil:
		case found != "":
			return b.fail(t, name, "stands beside "+found+": only one of secret_file, secret_env, secret_command and key_file")
		default:
			found = name
		}
	}
	if found == "" {
		return b.fail(t, "", "profile "+quote(b.profile)+" has a client without secret_file, secret_env, secret_command or key_file")
	}
	c := &Proof{
		SecretFile: b.private(t, "secret_file"),
		SecretEnv:  t.text("secret_env"),
		KeyFile:    b.private(t, "key_file"),
		KeyID:      t.text("key_id"),
		CertFile:   b.path(t, "cert_file"),
		Audience:   DefaultAudience,
	}
	if a := t.text("audience"); a != "" {
		c.Audience = a
	}
	if strings.Contains(c.SecretEnv, "=") {
		return b.fail(t, "secret_env", "must be the name of a variable")
	}
	if found == "secret_command" {
		var err error
		if c.SecretCommand, err = b.command(t); err != nil {
			return err
		}
	}
	if found == "key_file" {
		if err := b.identified(t, c.KeyID, c.CertFile); err != nil {
			return err
		}
	} else if name := first(t, "key_id", "cert_file"); name != "" {
		return b.fail(t, name, "needs key_file")
	}
	p.Client = c
	return nil
}

// user builds what a user assertion is made of.
func (b *builder) user(p *Profile) error {
	n := b.table.get("user")
	if n == nil {
		return nil
	}
	t := n.table
	if err := b.noneEmpty("user", t); err != nil {
		return err
	}
	if t.get("subject") == nil {
		return b.fail(t, "", "profile "+quote(b.profile)+" has a user without subject")
	}
	u := &User{
		Subject:  t.text("subject"),
		KeyFile:  b.private(t, "key_file"),
		KeyID:    t.text("key_id"),
		CertFile: b.path(t, "cert_file"),
		Audience: t.text("audience"),
	}
	client := p.Client
	if client == nil {
		client = &Proof{Audience: DefaultAudience}
	}
	if u.KeyFile.IsZero() {
		u.KeyFile = client.KeyFile
	}
	if u.KeyID == "" && u.CertFile.IsZero() { // one names the key, so the two are one setting
		u.KeyID, u.CertFile = client.KeyID, client.CertFile
	}
	if u.Audience == "" {
		u.Audience = client.Audience
	}
	switch {
	case !u.KeyFile.IsZero():
		if err := b.identified(t, u.KeyID, u.CertFile); err != nil {
			return err
		}
	case first(t, "key_id", "cert_file") != "":
		return b.fail(t, first(t, "key_id", "cert_file"), "needs key_file")
	}
	p.User = u
	return nil
}

// identified demands that the domain can tell which key has signed: by alias or by certificate.
func (b *builder) identified(t *table, id string, cert Path) error {
	switch {
	case id != "" && !cert.IsZero():
		return b.fail(t, "cert_file", "stands beside key_id: only one of them")
	case id == "" && cert.IsZero():
		return b.fail(t, "key_file", "needs key_id or cert_file")
	}
	return nil
}

// command is secret_command. It is run as words, never by a shell, and never from the working
// directory: so the program is an absolute path, one below ~/, or a name for PATH.
func (b *builder) command(t *table) ([]string, error) {
	n := t.get("secret_command")
	words := make([]string, len(n.items))
	for i, item := range n.items {
		words[i] = item.text
	}
	if len(words) == 0 || words[0] == "" {
		return nil, b.fail(t, "secret_command", "is empty")
	}
	if strings.HasPrefix(words[0], "~/") {
		if words[0] = b.at.path(words[0]).Full; words[0] == "" {
			return nil, b.fail(t, "secret_command", "begins with ~/, and HOME is not set")
		}
	}
	if strings.ContainsAny(words[0], `/\`) && !filepath.IsAbs(words[0]) {
		return nil, b.fail(t, "secret_command", "must begin with an absolute path or a name that is looked up in PATH")
	}
	return words, nil
}

func (b *builder) noneEmpty(what string, t *table) error {
	for _, name := range t.keys {
		if n := t.get(name); n.text == "" && n.items == nil {
			return b.fail(t, name, "of "+what+" is empty")
		}
	}
	return nil
}

// first is the first of some keys that a table has.
func first(t *table, list ...string) string {
	for _, name := range list {
		if t.get(name) != nil {
			return name
		}
	}
	return ""
}

// fits holds the login method against everything else: what can't work is said before anybody waits
// for the domain's no.
func (b *builder) fits(p *Profile) error {
	if lack := p.Method().Missing(p); lack != nil {
		return b.fail(b.table, "login", `= "`+p.Login+`" needs `+lack.Key)
	}
	if p.Token == "id" {
		switch {
		case p.Method().Machine:
			return b.fail(b.table, "token", `= "id" can't be had with login = "`+p.Login+`", which names no person`)
		case !has(p.Scope, "openid"):
			return b.fail(b.table, "token", `= "id" needs openid in scope`)
		}
	}
	return nil
}
