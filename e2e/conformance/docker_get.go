package main

import (
	"errors"
	"fmt"
	"strings"
)

// dockerGets are about get.
var dockerGets = []rule{
	{"get", "D4", must, "answers one JSON object with Username and Secret, and exits 0", dockerDocs,
		func(b *bench) error { _, err := b.dockerHave(); return err }},
	{"get-server", "D4", should, "answers ServerURL as it was asked", dockerServe, func(b *bench) error {
		return b.dockerAnswer("", func(c credential, a dockerAnswer) error {
			if a.ServerURL != c.host {
				return fmt.Errorf("ServerURL %s for %s", b.shown(a.ServerURL), b.shown(c.host))
			}
			return nil
		})
	}},
	{"get-line", "O4", should, "answers on one line, and says nothing to people", ours, func(b *bench) error {
		return b.dockerAnswer("", func(c credential, a dockerAnswer) error {
			if strings.Count(a.result.stdout, "\n") != 1 || !strings.HasSuffix(a.result.stdout, "\n") {
				return errors.New("stdout isn't one line")
			}
			return b.silentExit(a.result, false)
		})
	}},
	{"get-newline", "D3", must, "takes a server with a newline behind it", dockerServe, func(b *bench) error {
		for _, end := range []string{"\n", "\r\n"} {
			if err := b.dockerAnswer(end, func(c credential, a dockerAnswer) error { return a.is(c) }); err != nil {
				return fmt.Errorf("with %q: %w", end, err)
			}
		}
		return nil
	}},
	{"get-parallel", "C1", should, "gives 16 calls at once the same answer", ours, dockerParallel},
	{"not-found", "D2, D5", must, "says for a server that it doesn't know exactly: " + notFound, dockerErrors, func(b *bench) error {
		return b.dockerFails("get", fresh().host, notFound)
	}},
	{"not-found-exit", "D1", should, "exits 1 for it and says nothing on stderr", dockerServe, func(b *bench) error {
		r, err := b.call("get", fresh().host)
		switch {
		case err != nil:
			return err
		case r.exit != 1:
			return fmt.Errorf("exit status %d", r.exit)
		case r.stderr != "":
			return fmt.Errorf("on stderr: %s", b.shown(r.stderr))
		}
		return nil
	}},
	{"get-blank", "D3", must, "says for a blank server exactly: " + noServer, dockerErrors, func(b *bench) error {
		for _, in := range []string{"", "\n", " \n"} {
			if err := b.dockerFails("get", in, noServer); err != nil {
				return err
			}
		}
		return nil
	}},
	{"match-server", "D3, T4", must, "keeps to the server, to the letter and with its port", dockerClient, func(b *bench) error {
		return b.dockerLacksAll(func(c credential) []string { return otherHosts(c.host) })
	}},
	{"match-spelling", "D3, T2", should, "has nothing for a server with delimiters, blanks, escapes or dots around it", ours, func(b *bench) error {
		return b.dockerLacksAll(func(c credential) (in []string) {
			for _, s := range spellings {
				in = append(in, strings.ReplaceAll(s, "HOST", c.host))
			}
			return in
		})
	}},
	{"match-plain", "D3", should, "has nothing for http://", ours, func(b *bench) error {
		return b.dockerLacksAll(func(c credential) []string { return []string{"http://" + c.host, "http://" + c.host + "/v2/"} })
	}},
	{"match-lines", "D3", should, "never joins lines, nor takes one of several", ours, func(b *bench) error {
		return b.dockerLacksAll(func(c credential) []string {
			half := len(c.host) / 2
			return []string{
				c.host[:half] + "\n" + c.host[half:], c.host + "\nevil.example", "evil.example\n" + c.host, c.host + "\r.evil.example",
				c.host + "\x00.evil.example",
			}
		})
	}},
	{"without-says-why", "D6", should, "says why where it is set up and has no credential: " + notFound + " would make clients go on as nobody", ours, func(b *bench) error {
		if b.lacks == "" {
			return notApplicable("needs a server that it is set up for without a credential: -without")
		}
		r, err := b.call("get", b.lacks)
		said := strings.TrimSpace(r.stdout)
		switch {
		case err != nil:
			return err
		case r.exit == 0:
			return errors.New("exit status 0")
		case said == notFound || said == noServer || said == noUsername:
			return fmt.Errorf("stdout is %q", said)
		case said == "" || strings.Contains(said, "\n"):
			return errors.New("stdout isn't one line")
		}
		return nil
	}},
}

// spellings of a server that a parser might take for another, or for HOST.
var spellings = []string{
	"HOST@evil.example", "ana@HOST", "https://ana@HOST", "https://evil.example@HOST", "https://HOST@evil.example/", "HOST\\.evil.example",
	"HOST%00", "HOST%0a", "HOST%2eevil.example", "HOST#a", "HOST?a", "HOST;a", "HOST ,", "HOST evil.example", "HOST.", ".HOST", "*", "HOST*",
	"HOST\u200d", "HOST,evil.example", "ftp://HOST", "//HOST",
}

// dockerAnswer checks the answer for what the helper has.
func (b *bench) dockerAnswer(end string, check func(credential, dockerAnswer) error) error {
	c, err := b.dockerHave()
	if err != nil {
		return err
	}
	a, err := b.dockerAsk(c.host + end)
	if err != nil {
		return err
	}
	return check(c, a)
}

// dockerLacksAll asserts that inputs get nothing, having seen that the helper has a credential at all.
func (b *bench) dockerLacksAll(inputs func(credential) []string) error {
	c, err := b.dockerHave()
	if err != nil {
		return err
	}
	for _, in := range inputs(c) {
		if err := b.dockerLacks(c, in); err != nil {
			return err
		}
	}
	return nil
}

func dockerParallel(b *bench) error {
	c, err := b.dockerHave()
	if err != nil {
		return err
	}
	return parallel(func() error { return b.dockerServes(c) })
}
