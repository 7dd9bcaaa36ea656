package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// gitAnswers are about the form of what get prints.
var gitAnswers = []rule{
	{"answer", "G1, G9", must, "answers what it has in lines key=value, each ended, without NUL, of 65,535 bytes at most", gitFormat,
		func(b *bench) error { _, err := b.gitHave(); return err }},
	{"answer-user", "G10", must, "answers a user name beside the password", gitHelpers, func(b *bench) error {
		return b.gitAnswer("", func(a answer) error {
			if !a.has("username") {
				return errors.New("no username: git would ask a person for one")
			}
			return nil
		})
	}},
	{"answer-once", "G9", should, "says nothing twice, and has no blank line but at the end", gitFormat, func(b *bench) error {
		return b.gitAnswer("", func(a answer) error {
			if a.behind {
				return errors.New("something stands behind a blank line")
			}
			for _, l := range a.lines {
				if !strings.HasSuffix(l[0], "[]") && len(a.all(l[0])) > 1 {
					return fmt.Errorf("%s twice", l[0])
				}
			}
			return nil
		})
	}},
	{"answer-place", "G12", should, "leaves protocol, host and path alone: git would go on with the helper's", gitHelpers, func(b *bench) error {
		return b.gitAnswer("", func(a answer) error {
			for _, key := range []string{"protocol", "host", "path", "url"} {
				if a.has(key) {
					return fmt.Errorf("the answer has %s", key)
				}
			}
			return nil
		})
	}},
	{"answer-quiet", "C3", should, "says nothing to people where all is well, and exits 0", ours, func(b *bench) error {
		return b.gitAnswer("", func(a answer) error { return b.silentExit(a.result, false) })
	}},
	{"answer-expiry", "G14", must, "gives password_expiry_utc, if at all, in Unix seconds, in the future", gitFormat, func(b *bench) error {
		return b.gitAnswer("", func(a answer) error {
			if !a.has("password_expiry_utc") {
				return notApplicable("it names no expiry")
			}
			at, err := strconv.ParseInt(a.one("password_expiry_utc"), 10, 64)
			if err != nil || at <= time.Now().Unix() || at > time.Now().AddDate(1000, 0, 0).Unix() {
				return fmt.Errorf("password_expiry_utc=%s", a.one("password_expiry_utc"))
			}
			return nil
		})
	}},
	{"capability-absent", "G23", must, "uses authtype, credential, ephemeral, state[] and continue only if the input names the capability", gitFormat, func(b *bench) error {
		for _, input := range []string{"", "capability[]=made-up\n", "capability[]=authtype\ncapability[]=state\ncapability[]=\n"} {
			if err := b.gitAnswer(input, noNewKeys); err != nil {
				return err
			}
		}
		return nil
	}},
	{"capability-echo", "G23", must, "names the capability itself before it uses its keys", gitFormat, func(b *bench) error {
		return b.gitAnswer("capability[]=authtype\ncapability[]=state\n", capable)
	}},
	{"capability-alone", "2.2", must, "still answers where the input names capabilities", gitFormat, func(b *bench) error {
		return b.gitAnswer("capability[]=authtype\ncapability[]=state\n", func(a answer) error {
			if !a.has("password", "credential") {
				return errors.New("no password and no credential")
			}
			return nil
		})
	}},
	{"answer-parallel", "C1", should, "gives 16 calls at once the same answer", ours, gitParallel},
	{"without-quits", "G17", should, "prints quit=1 and says why on stderr, where it is set up and has no credential", gitHelpers, func(b *bench) error {
		if b.lacks == "" {
			return notApplicable("needs a place that it is set up for without a credential: -without")
		}
		a, err := b.gitAsk("protocol=https\nhost=" + b.lacks + "\n\n")
		switch {
		case err != nil:
			return err
		case a.has("password", "credential"):
			return errors.New("it has a credential for -without")
		case a.one("quit") != "1" && a.one("quit") != "true":
			return errors.New("no quit=1: git asks other helpers, then the person")
		case len(a.lines) > 1:
			return errors.New("more than quit in the answer")
		case a.stderr == "":
			return errors.New("nothing on stderr: nobody knows why")
		}
		return nil
	}},
}

// gitAnswer checks the answer for what the helper has, asked with further lines in front.
func (b *bench) gitAnswer(lines string, check func(answer) error) error {
	c, err := b.gitHave()
	if err != nil {
		return err
	}
	a, err := b.gitAsk(lines + c.query() + "\n")
	if err != nil {
		return err
	}
	return check(a)
}

func noNewKeys(a answer) error {
	for _, key := range []string{"authtype", "credential", "ephemeral", "state[]", "continue"} {
		if a.has(key) {
			return fmt.Errorf("the answer has %s", key)
		}
	}
	return nil
}

// capable: git drops the keys of a capability that the helper doesn't name.
func capable(a answer) error {
	named := make(map[string]bool)
	for _, l := range a.lines {
		needs := map[string]string{"authtype": "authtype", "credential": "authtype", "ephemeral": "authtype", "state[]": "state", "continue": "state"}[l[0]]
		switch {
		case l[0] == "capability[]":
			named[l[1]] = true
		case needs != "" && !named[needs]:
			return fmt.Errorf("%s without capability[]=%s above it", l[0], needs)
		}
	}
	if a.has("authtype") != a.has("credential") {
		return errors.New("one of authtype and credential without the other")
	}
	return nil
}

func gitParallel(b *bench) error {
	c, err := b.gitHave()
	if err != nil {
		return err
	}
	return parallel(func() error { return b.gitServes(c) })
}
