package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Where git's rules stand.
const (
	gitFormat  = "git-credential(1), INPUT/OUTPUT FORMAT"
	gitCaps    = "git-credential(1), CAPABILITY"
	gitHelpers = "gitcredentials(7), CUSTOM HELPERS"
	gitTests   = "git, t/lib-credential.sh"
	ours       = "our advice"
)

// query is what git asks with.
func (c credential) query() string {
	s := "protocol=" + c.protocol + "\nhost=" + c.host + "\n"
	if c.path != "" {
		s += "path=" + c.path + "\n"
	}
	return s
}

// whole is what git stores, and erases after a 401.
func (c credential) whole() string {
	return c.query() + "username=" + c.username + "\npassword=" + c.secret + "\n"
}

// gitHave is a credential that the helper answers at this moment: the served one, or one of our own.
func (b *bench) gitHave() (credential, error) {
	switch {
	case b.keeps:
		return b.gitKeep(fresh())
	case b.served == nil:
		return credential{}, nothingToServe
	}
	c := *b.served
	q := c.query()
	if c.username != "" {
		q += "username=" + c.username + "\n"
	}
	a, err := b.gitAsk(q + "\n")
	if err != nil {
		return c, err
	}
	if a.one("password") == "" {
		return c, errors.New("it doesn't answer the credential of -url with a password")
	}
	// A token may have been replaced since; nobody but the helper knows it.
	if c.secret == "" {
		c.secret = a.one("password")
	}
	if c.username == "" {
		c.username = a.one("username")
	}
	b.know(c.secret)
	return c, a.is(c)
}

// gitKeep has the helper store a credential, until the end of the rule.
func (b *bench) gitKeep(c credential) (credential, error) {
	if !b.keeps {
		return c, notApplicable("needs a helper that stores: -store")
	}
	b.know(c.secret)
	if _, err := b.call("store", c.whole()+"\n"); err != nil {
		return c, err
	}
	b.stored = append(b.stored, func() {
		_, _ = b.call("erase", c.query()+"username="+c.username+"\n\n") // ours are random: one that stays hurts nobody
	})
	return c, b.gitServes(c)
}

// gitServes asserts that the helper answers the credential.
func (b *bench) gitServes(c credential) error {
	a, err := b.gitAsk(c.query() + "username=" + c.username + "\n\n")
	if err != nil {
		return err
	}
	return a.is(c)
}

// gitLacks asserts that an input gets no secret: not that of c, nor any other.
func (b *bench) gitLacks(c credential, input string) error {
	r, err := b.call("get", input)
	if err != nil {
		return err
	}
	if c.secret != "" && strings.Contains(r.stdout, c.secret) {
		return fmt.Errorf("the secret of %s for %s", c.host, b.shown(input))
	}
	for line := range strings.Lines(r.stdout) {
		if strings.HasPrefix(line, "password=") || strings.HasPrefix(line, "credential=") {
			return fmt.Errorf("a secret for %s", b.shown(input))
		}
	}
	return nil
}

// gitLacksAll asserts it of several inputs, having seen that the helper has c at all.
func (b *bench) gitLacksAll(inputs func(credential) []string) error {
	c, err := b.gitHave()
	if err != nil {
		return err
	}
	for _, in := range inputs(c) {
		if err := b.gitLacks(c, in); err != nil {
			return err
		}
	}
	return nil
}

// gitStillServes asserts that an input is answered with what the helper has.
func (b *bench) gitStillServes(inputs func(credential) []string) error {
	c, err := b.gitHave()
	if err != nil {
		return err
	}
	for _, in := range inputs(c) {
		a, err := b.gitAsk(in)
		if err != nil {
			return err
		}
		if err := a.is(c); err != nil {
			return fmt.Errorf("for %s: %w", b.shown(in), err)
		}
	}
	return nil
}

// An answer is what git reads: lines in order, to the first blank one.
type answer struct {
	result
	lines  [][2]string
	behind bool // something stands behind the blank line, which git never sees
}

// gitAsk runs get and reads its answer as strictly as the format is documented.
func (b *bench) gitAsk(input string) (answer, error) {
	r, err := b.call("get", input)
	if err != nil {
		return answer{}, err
	}
	a := answer{result: r}
	read := 0
	for line := range strings.Lines(r.stdout) {
		read += len(line)
		text, ended := strings.CutSuffix(line, "\n")
		key, value, ok := strings.Cut(text, "=")
		switch {
		case text == "":
			a.behind = read < len(r.stdout)
			return a, nil
		case !ok || key == "":
			return a, errors.New("a line of the answer isn't key=value")
		case !ended:
			return a, errors.New("the answer's last line has no end")
		case strings.ContainsAny(text, "\x00\r"):
			return a, errors.New("a NUL or CR in the answer")
		case len(line) > 65_535:
			return a, errors.New("a line of the answer is longer than 65,535 bytes")
		}
		a.lines = append(a.lines, [2]string{key, value})
	}
	return a, nil
}

// all are the values of a key.
func (a answer) all(key string) (values []string) {
	for _, l := range a.lines {
		if l[0] == key {
			values = append(values, l[1])
		}
	}
	return values
}

// one is the value that git goes on with: the last.
func (a answer) one(key string) string {
	all := a.all(key)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

func (a answer) has(keys ...string) bool {
	return slices.ContainsFunc(a.lines, func(l [2]string) bool { return slices.Contains(keys, l[0]) })
}

// is asserts that the answer holds the credential.
func (a answer) is(c credential) error {
	switch {
	case a.one("password") == "":
		return errors.New("no password in the answer")
	case a.one("password") != c.secret:
		return errors.New("another password than the one it has")
	case a.has("username") && a.one("username") != c.username:
		return fmt.Errorf("another user name than %q", c.username)
	}
	return nil
}
