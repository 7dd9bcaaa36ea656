package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// gitStores are about helpers that keep what they are given.
var gitStores = []rule{
	{"store-bytes", "G8", must, "keeps a password byte for byte: equals signs, blanks, quotes, UTF-8", gitFormat, func(b *bench) error {
		for _, secret := range []string{"a=b==", " blanks ", `"quo'ted\`, "%41%0a", "pässwört-雪", "<a>&amp;", "$HOME`id`", "#;:@/?"} {
			c := fresh()
			c.secret += secret
			if _, err := b.gitKeep(c); err != nil {
				return fmt.Errorf("password ending in %q: %w", secret, err)
			}
		}
		return nil
	}},
	{"store-long", "G27", should, "keeps a password of 60,000 bytes", ours, func(b *bench) error {
		c := fresh()
		c.secret += strings.Repeat("x", 60_000)
		_, err := b.gitKeep(c)
		return err
	}},
	{"store-again", "G27", must, "replaces the password that it had", gitTests, func(b *bench) error {
		c, err := b.gitKeep(fresh())
		if err != nil {
			return err
		}
		old := c.secret
		c.secret = fresh().secret
		if c, err = b.gitKeep(c); err != nil {
			return err
		}
		return b.gitLacks(credential{host: c.host, secret: old}, "protocol=https\nhost=other.example\n\n")
	}},
	{"store-users", "G27", must, "keeps several users of one host apart", gitTests, func(b *bench) error {
		first, err := b.gitKeep(fresh())
		if err != nil {
			return err
		}
		second := first
		second.username, second.secret = "ben", fresh().secret
		if _, err := b.gitKeep(second); err != nil {
			return err
		}
		return b.gitServes(first)
	}},
	{"store-half", "G27", should, "keeps nothing without a password or a host", ours, func(b *bench) error {
		if !b.keeps {
			return notApplicable("needs a helper that stores: -store")
		}
		c := fresh()
		for _, said := range []string{c.query() + "username=ana\n\n", "protocol=https\nusername=ana\npassword=" + c.secret + "\n\n"} {
			if _, err := b.call("store", said); err != nil {
				return err
			}
		}
		a, err := b.gitAsk(c.query() + "\n")
		if err != nil {
			return err
		}
		if a.has("username", "password") {
			return errors.New("it answers what had no password, or no host")
		}
		return b.gitLacks(c, c.query()+"username=ana\n\n")
	}},
	{"store-expiry", "G16", should, "doesn't answer a password beyond the expiry that it came with", gitFormat, func(b *bench) error {
		c := fresh()
		if !b.keeps {
			return notApplicable("needs a helper that stores: -store")
		}
		past := strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10)
		if _, err := b.call("store", c.whole()+"password_expiry_utc="+past+"\n\n"); err != nil {
			return err
		}
		defer func() { _, _ = b.call("erase", c.whole()+"\n") }()
		a, err := b.gitAsk(c.query() + "\n")
		if err != nil {
			return err
		}
		if a.has("password") && a.one("password_expiry_utc") != past {
			return errors.New("an expired password, without its expiry")
		}
		return nil
	}},
}

// gitErases are about erase, which git calls with what a server has just refused.
var gitErases = []rule{
	{"erase-other", "G15, G27", must, "leaves what differs in password, user, host or protocol", gitTests, func(b *bench) error {
		c, err := b.gitMayErase()
		if err != nil {
			return err
		}
		for _, o := range []credential{
			{c.protocol, c.host, c.path, c.username, c.secret + "x"},
			{c.protocol, c.host, c.path, c.username + "x", c.secret},
			{c.protocol, "x" + c.host, c.path, c.username, c.secret},
			{c.protocol + "x", c.host, c.path, c.username, c.secret},
		} {
			if _, err := b.call("erase", o.whole()+"\n"); err != nil {
				return err
			}
			if err := b.gitServes(c); err != nil {
				return fmt.Errorf("after erase of another: %w", err)
			}
		}
		return nil
	}},
	{"erase-any", "G15", should, "takes an absent host or protocol for none, not for all", cveNewline, func(b *bench) error {
		c, err := b.gitMayErase()
		if err != nil {
			return err
		}
		for _, in := range []string{"", "\n", "protocol=https\n\n", "host=" + c.host + "\n\n", "protocol=https\nusername=" + c.username + "\n\n", "garbage\n"} {
			if _, err := b.call("erase", in); err != nil {
				return err
			}
			if err := b.gitServes(c); err != nil {
				return fmt.Errorf("after erase of %s: %w", b.shown(in), err)
			}
		}
		return nil
	}},
	{"erase-quiet", "G6", should, "exits 0 with nothing on stdout, whatever it is to erase", ours, func(b *bench) error {
		for _, in := range []string{fresh().whole() + "\n", "", "garbage\n", "protocol=https\n\n"} {
			r, err := b.call("erase", in)
			if err != nil {
				return err
			}
			if r.exit != 0 || r.stdout != "" {
				return fmt.Errorf("for %s: exit status %d, %d bytes on stdout", b.shown(in), r.exit, len(r.stdout))
			}
		}
		return nil
	}},
	{"erase-one", "G27", must, "forgets the one that it is told, and no other user", gitTests, func(b *bench) error {
		first, err := b.gitKeep(fresh())
		if err != nil {
			return err
		}
		second := first
		second.username, second.secret = "ben", fresh().secret
		if _, err := b.gitKeep(second); err != nil {
			return err
		}
		if _, err := b.call("erase", first.whole()+"\n"); err != nil {
			return err
		}
		if err := b.gitLacks(first, first.query()+"username="+first.username+"\n\n"); err != nil {
			return fmt.Errorf("after its erase: %w", err)
		}
		return b.gitServes(second)
	}},
	{"erase-host", "G27", must, "forgets a host where no user and no password is named", gitTests, func(b *bench) error {
		c, err := b.gitKeep(fresh())
		if err != nil {
			return err
		}
		if _, err := b.call("erase", c.query()+"\n"); err != nil {
			return err
		}
		return b.gitLacks(c, c.query()+"\n")
	}},
}

// gitMayErase is a credential that may be lost.
func (b *bench) gitMayErase() (credential, error) {
	if !b.keeps && !b.mayErase {
		return credential{}, notApplicable("might cost the credential: -erase")
	}
	return b.gitHave()
}
