package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// gitActions are about the actions themselves.
var gitActions = []rule{
	{"action-unknown", "G6", must, "ignores an action that it doesn't know, without a word", gitHelpers, func(b *bench) error {
		r, err := b.call("made-up", fresh().query()+"\n")
		if err != nil {
			return err
		}
		return b.silentExit(r, true)
	}},
	{"action-unknown-keeps", "G6", must, "gives nothing away to an action that it doesn't know", gitHelpers, func(b *bench) error {
		c, err := b.gitHave()
		if err != nil {
			return err
		}
		for _, action := range []string{"made-up", "GET", "list", "fill"} {
			r, err := b.call(action, c.query()+"\n")
			if err != nil {
				return err
			}
			if strings.Contains(r.stdout, c.secret) {
				return fmt.Errorf("%s prints the secret", action)
			}
		}
		return b.gitServes(c)
	}},
	{"action-capability", "2.2", must, "answers the action capability as documented, or not at all", gitCaps, func(b *bench) error {
		r, err := b.call("capability", "")
		switch {
		case err != nil:
			return err
		case r.exit != 0 || !strings.HasPrefix(r.stdout, "version "):
			return nil // to git that is: none
		case !capabilities.MatchString(r.stdout):
			return fmt.Errorf("it answers %s", b.shown(r.stdout))
		}
		return nil
	}},
	{"action-none", "1.4", should, "run without an action says how it is run, not on stdout, and fails", ours, func(b *bench) error {
		r, err := b.run(strings.NewReader(""))
		switch {
		case err != nil:
			return err
		case r.stdout != "":
			return errors.New("something on stdout")
		case r.exit == 0 || r.stderr == "":
			return fmt.Errorf("exit status %d, %d bytes on stderr", r.exit, len(r.stderr))
		}
		return nil
	}},
	{"store-ignored", "G6", must, "that stores nothing ignores store without a word, and answers as before", gitHelpers, func(b *bench) error {
		if b.keeps {
			return notApplicable("it stores")
		}
		c, err := b.gitHave()
		if err != nil {
			return err
		}
		for _, said := range []credential{c, {"https", c.host, c.path, c.username, "planted"}, fresh()} {
			r, err := b.call("store", said.whole()+"\n")
			if err != nil {
				return err
			}
			if err := b.silentExit(r, true); err != nil {
				return err
			}
			if said.host != c.host {
				if err := b.gitLacks(said, said.query()+"\n"); err != nil {
					return err
				}
			}
		}
		return b.gitServes(c)
	}},
	{"store-unread", "G22", should, "that stores nothing ends though stdin is open: git waits for it in each command", ours, func(b *bench) error {
		if b.keeps {
			return notApplicable("it stores")
		}
		stdin, end, err := open("")
		if err != nil {
			return err
		}
		defer end()
		r, err := b.run(stdin, "store")
		if err != nil {
			return err
		}
		return b.silentExit(r, true)
	}},
}

var capabilities = regexp.MustCompile(`^version 0\n(capability [^ \n]+\n)*$`)
