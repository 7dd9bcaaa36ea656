package config

import (
	"path/filepath"
	"strings"
)

// signers are the keys of a table that set what signs.
var signers = []string{"key_file", "sign_command", "sign_agent"}

// client reads the client's proof: one secret, or a key.
func (b *builder) client(p *Profile) error {
	n := b.table.get("client")
	if n == nil {
		return nil
	}
	t := n.table
	if err := b.noneEmpty("client", t); err != nil {
		return err
	}
	const all = "secret_file, secret_env, secret_command, key_file, sign_command and sign_agent"
	found, err := b.only(t, append([]string{"secret_file", "secret_env", "secret_command"}, signers...), all)
	if err != nil {
		return err
	}
	if found == "" {
		return b.lacks(t, "", "profile "+quote(b.profile)+" has a client without "+strings.Replace(all, " and ", " or ", 1))
	}
	c := &Proof{
		SecretFile: b.private(t, "secret_file"),
		SecretEnv:  t.text("secret_env"),
		Audience:   DefaultAudience,
	}
	if a := t.text("audience"); a != "" {
		c.Audience = a
	}
	if strings.Contains(c.SecretEnv, "=") {
		return b.fail(t, "secret_env", "must be the name of a variable")
	}
	if found == "secret_command" {
		if c.SecretCommand, err = b.command(t, found); err != nil {
			return err
		}
	}
	if c.Key, err = b.key(t); err != nil {
		return err
	}
	if err := b.identified(t, c.Key); err != nil {
		return err
	}
	p.Client = c
	return nil
}

// user reads what a user assertion is made of.
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
		return b.lacks(t, "", "profile "+quote(b.profile)+" has a user without subject")
	}
	if _, err := b.only(t, signers, "key_file, sign_command and sign_agent"); err != nil {
		return err
	}
	u := &User{Subject: t.text("subject"), Audience: t.text("audience")}
	var err error
	if u.Key, err = b.key(t); err != nil {
		return err
	}
	client := p.Client
	if client == nil {
		client = &Proof{Audience: DefaultAudience}
	}
	if !u.Signs() {
		u.KeyFile, u.SignCommand, u.SignAgent = client.KeyFile, client.SignCommand, client.SignAgent
	}
	ownFile := t.get("key_file") != nil && client.KeyFile.IsZero() // the client's key_id is of its agent or command, not of this file
	if u.KeyID == "" && u.CertFile.IsZero() && !ownFile {          // both identify the key, so they are one setting
		u.KeyID, u.CertFile = client.KeyID, client.CertFile
	}
	if u.Audience == "" {
		u.Audience = client.Audience
	}
	if err := b.identified(t, u.Key); err != nil {
		return err
	}
	p.User = u
	return nil
}

// only finds the one of several keys that a table has; empty: none.
func (b *builder) only(t *table, names []string, all string) (found string, err error) {
	for _, name := range names {
		switch {
		case t.get(name) == nil:
		case found != "":
			return "", b.fail(t, name, "is beside "+found+": only one of "+all)
		default:
			found = name
		}
	}
	return found, nil
}

// key reads what signs, and by what the domain identifies it.
func (b *builder) key(t *table) (k Key, err error) {
	k = Key{KeyFile: b.private(t, "key_file"), SignAgent: b.path(t, "sign_agent"), KeyID: t.text("key_id"), CertFile: b.path(t, "cert_file")}
	if t.get("sign_command") != nil {
		k.SignCommand, err = b.command(t, "sign_command")
	}
	return k, err
}

// identified demands an alias or a certificate, by which the domain finds the key, and a certificate to check what an
// agent or a command signs.
func (b *builder) identified(t *table, k Key) error {
	at := first(t, signers...)
	switch {
	case !k.Signs():
		if name := first(t, "key_id", "cert_file"); name != "" {
			return b.fail(t, name, "needs key_file, sign_command or sign_agent")
		}
	case k.KeyFile.IsZero() && k.CertFile.IsZero():
		if at == "" { // the client's
			at = first(t, "key_id")
		}
		return b.lacks(t, at, "needs cert_file, which checks each signature")
	case !k.KeyFile.IsZero() && k.KeyID != "" && !k.CertFile.IsZero():
		return b.fail(t, "cert_file", "is beside key_id: only one of them")
	case k.KeyID == "" && k.CertFile.IsZero():
		return b.lacks(t, "key_file", "needs key_id or cert_file")
	}
	return nil
}

// command reads secret_command or sign_command. It is run without a shell, and never from the working directory: the
// program is an absolute path, one below ~/, or a name that is looked up in PATH.
func (b *builder) command(t *table, key string) ([]string, error) {
	n := t.get(key)
	words := make([]string, len(n.items))
	for i, item := range n.items {
		words[i] = item.text
	}
	if len(words) == 0 || words[0] == "" {
		return nil, b.fail(t, key, "is empty")
	}
	if _, below := belowHome(words[0]); below {
		if words[0] = b.at.path(words[0]).Full; words[0] == "" {
			return nil, b.fail(t, key, "begins with ~/, and HOME is not set")
		}
	}
	if strings.ContainsAny(words[0], `/\`) && !filepath.IsAbs(words[0]) {
		return nil, b.fail(t, key, "must begin with an absolute path or a name that is looked up in PATH")
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

// first is the first key of a list that a table has; empty: none.
func first(t *table, list ...string) string {
	for _, name := range list {
		if t.get(name) != nil {
			return name
		}
	}
	return ""
}

// fits checks the login method against the rest, so that a mistake is reported before the domain refuses it.
func (b *builder) fits(p *Profile) error {
	if lack := p.Method().Missing(p); lack != nil {
		return b.lacks(b.table, "login", `= "`+p.Login+`" needs `+lack.Key)
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
