package main

import (
	"errors"
	"fmt"
	"strings"
)

// dockerStores are about store.
var dockerStores = []rule{
	{"store-blank-server", "D10", must, "says for a credential without a server exactly: " + noServer, dockerErrors, func(b *bench) error {
		c := fresh()
		c.host = ""
		return b.dockerFails("store", c.document(), noServer)
	}},
	{"store-blank-user", "D10", must, "says for a credential without a user name exactly: " + noUsername, dockerErrors, func(b *bench) error {
		c := fresh()
		c.username = ""
		return b.dockerFails("store", c.document(), noUsername)
	}},
	{"store-garbage", "D10", must, "fails for what is no JSON object, and says so in one line on stdout", dockerServe, func(b *bench) error {
		for _, in := range []string{"", "garbage", "[]", `{"ServerURL":`} {
			r, err := b.call("store", in)
			switch {
			case err != nil:
				return err
			case r.exit == 0:
				return fmt.Errorf("exit status 0 for %q", in)
			case strings.Count(strings.TrimSpace(r.stdout), "\n") > 0 || strings.TrimSpace(r.stdout) == "":
				return fmt.Errorf("stdout isn't one line for %q", in)
			}
		}
		return nil
	}},
	{"store-echo", "C8", should, "shows no secret of what it fails to store", ours, func(b *bench) error {
		c := fresh()
		c.host = ""
		for _, in := range []string{c.document(), strings.TrimSuffix(fresh().document(), "}") + `,"Secret":"` + c.secret + `"`, c.secret} {
			r, err := b.call("store", in)
			if err != nil {
				return err
			}
			if strings.Contains(r.stdout+r.stderr, c.secret) {
				return errors.New("a message shows the secret")
			}
		}
		return nil
	}},
	{"store-bytes", "O4", must, "keeps a secret character for character: quotes, backslashes, line breaks, UTF-8", dockerDocs, func(b *bench) error {
		for _, secret := range []string{`"quo'ted\`, "line\nbreak", "<a>&amp;", "pässwört-雪", "a=b==", " blanks ", "$HOME`id`"} {
			c := fresh()
			c.secret += secret
			if _, err := b.dockerKeep(c); err != nil {
				return fmt.Errorf("secret ending in %q: %w", secret, err)
			}
		}
		return nil
	}},
	{"store-long", "D10", should, "keeps a secret of 128 KiB", ours, func(b *bench) error {
		c := fresh()
		c.secret += strings.Repeat("x", 128<<10)
		_, err := b.dockerKeep(c)
		return err
	}},
	{"store-token", "D8", must, "keeps <token> as a user name: it marks an identity token", dockerDocs, func(b *bench) error {
		c := fresh()
		c.username = "<token>"
		_, err := b.dockerKeep(c)
		return err
	}},
	{"store-again", "D10", must, "replaces the secret that it had", dockerDocs, func(b *bench) error {
		c, err := b.dockerKeep(fresh())
		if err != nil {
			return err
		}
		c.secret = fresh().secret
		_, err = b.dockerKeep(c)
		return err
	}},
	{"store-own", "D10", should, "agrees to store what it has answered: docker login does that, and fails otherwise", ours, func(b *bench) error {
		c, err := b.dockerHave()
		if err != nil {
			return err
		}
		r, err := b.call("store", c.document())
		if err != nil {
			return err
		}
		if r.exit != 0 {
			return fmt.Errorf("exit status %d", r.exit)
		}
		return b.dockerServes(c)
	}},
	{"store-refused", "D10", should, "that stores nothing fails for a password that it won't keep", ours, func(b *bench) error {
		if b.keeps {
			return notApplicable("it stores")
		}
		c := fresh()
		r, err := b.call("store", c.document())
		if err != nil {
			return err
		}
		if r.exit == 0 {
			return errors.New("exit status 0: a password that a person typed is gone")
		}
		return b.dockerLacks(c, c.host)
	}},
}

// dockerErases are about erase.
var dockerErases = []rule{
	{"erase-blank", "D11", must, "says for a blank server exactly: " + noServer, dockerErrors, func(b *bench) error {
		for _, in := range []string{"", "\n"} {
			if err := b.dockerFails("erase", in, noServer); err != nil {
				return err
			}
		}
		return nil
	}},
	{"erase-unknown", "D11", should, "agrees to erase what it doesn't have: docker logout tries several spellings", ours, func(b *bench) error {
		for _, server := range []string{fresh().host, "https://" + fresh().host} {
			r, err := b.call("erase", server)
			if err != nil {
				return err
			}
			if r.exit != 0 {
				return fmt.Errorf("exit status %d, stdout %s", r.exit, b.shown(r.stdout))
			}
		}
		return nil
	}},
	{"erase-other", "D11", must, "leaves other servers alone", dockerDocs, func(b *bench) error {
		c, err := b.dockerMayErase()
		if err != nil {
			return err
		}
		for _, server := range append(otherHosts(c.host), "*", "https://") {
			if _, err := b.call("erase", server); err != nil {
				return err
			}
			if err := b.dockerServes(c); err != nil {
				return fmt.Errorf("after erase of %s: %w", b.shown(server), err)
			}
		}
		return nil
	}},
	{"erase", "D11", must, "forgets what it stored", dockerDocs, func(b *bench) error {
		c, err := b.dockerKeep(fresh())
		if err != nil {
			return err
		}
		r, err := b.call("erase", c.host)
		if err != nil {
			return err
		}
		if r.exit != 0 {
			return fmt.Errorf("exit status %d, stdout %s", r.exit, b.shown(r.stdout))
		}
		return b.dockerFails("get", c.host, notFound)
	}},
}

// dockerMayErase is a credential that may be lost.
func (b *bench) dockerMayErase() (credential, error) {
	if !b.keeps && !b.mayErase {
		return credential{}, notApplicable("might cost the credential: -erase")
	}
	return b.dockerHave()
}
