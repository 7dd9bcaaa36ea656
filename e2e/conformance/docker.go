package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Where docker's rules stand.
const (
	dockerDocs   = "docker login, Credential helper protocol"
	dockerServe  = "docker-credential-helpers, credentials/credentials.go"
	dockerErrors = "docker-credential-helpers, credentials/error.go"
	dockerClient = "docker-credential-helpers, client/client.go"
)

// The texts that clients compare a failing helper's stdout with.
const (
	notFound   = "credentials not found in native keychain"
	noServer   = "no credentials server URL"
	noUsername = "no credentials username"
)

// dockerHave is a credential that the helper answers at this moment.
func (b *bench) dockerHave() (credential, error) {
	switch {
	case b.keeps:
		return b.dockerKeep(fresh())
	case b.served == nil:
		return credential{}, nothingToServe
	}
	c := *b.served
	a, err := b.dockerAsk(c.host)
	if err != nil {
		return c, err
	}
	if c.secret == "" {
		c.secret = a.Secret
	}
	if c.username == "" {
		c.username = a.Username
	}
	b.know(c.secret)
	return c, a.is(c)
}

// dockerKeep has the helper store a credential, until the end of the rule.
func (b *bench) dockerKeep(c credential) (credential, error) {
	if !b.keeps {
		return c, notApplicable("needs a helper that stores: -store")
	}
	b.know(c.secret)
	r, err := b.call("store", c.document())
	if err != nil {
		return c, err
	}
	b.stored = append(b.stored, func() { _, _ = b.call("erase", c.host) }) // ours are random: one that stays hurts nobody
	if r.exit != 0 {
		return c, fmt.Errorf("store failed: %s", b.shown(r.stdout))
	}
	return c, b.dockerServes(c)
}

// document is what store reads.
func (c credential) document() string {
	b, _ := json.Marshal(map[string]string{"ServerURL": c.host, "Username": c.username, "Secret": c.secret}) // strings can't fail
	return string(b)
}

func (b *bench) dockerServes(c credential) error {
	a, err := b.dockerAsk(c.host)
	if err != nil {
		return err
	}
	return a.is(c)
}

// A dockerAnswer is what clients read of get.
type dockerAnswer struct {
	ServerURL, Username, Secret string
	result                      result
}

// dockerAsk runs get and reads its answer: one JSON object with those three members.
func (b *bench) dockerAsk(input string) (dockerAnswer, error) {
	r, err := b.call("get", input)
	a := dockerAnswer{result: r}
	if err != nil {
		return a, err
	}
	if r.exit != 0 {
		return a, fmt.Errorf("get failed: %s", b.shown(r.stdout))
	}
	members, err := object(r.stdout)
	if err != nil {
		return a, fmt.Errorf("get: %w", err)
	}
	for name, to := range map[string]*string{"ServerURL": &a.ServerURL, "Username": &a.Username, "Secret": &a.Secret} {
		*to = members[name]
	}
	return a, nil
}

// object reads one JSON object of strings, with nothing but blanks behind it.
func object(text string) (map[string]string, error) {
	d := json.NewDecoder(strings.NewReader(text))
	members := map[string]string(nil)
	if err := d.Decode(&members); err != nil {
		return nil, errors.New("stdout is no JSON object of strings")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more than one JSON value on stdout")
	}
	return members, nil
}

func (a dockerAnswer) is(c credential) error {
	switch {
	case a.Secret == "":
		return errors.New("no Secret in the answer")
	case a.Secret != c.secret:
		return errors.New("another Secret than the one it has")
	case a.Username != c.username:
		return fmt.Errorf("another user name than %q", c.username)
	}
	return nil
}

// dockerLacks asserts that the helper fails for an input and shows no secret.
func (b *bench) dockerLacks(c credential, input string) error {
	r, err := b.call("get", input)
	switch {
	case err != nil:
		return err
	case c.secret != "" && strings.Contains(r.stdout, c.secret):
		return fmt.Errorf("the secret of %s for %s", c.host, b.shown(input))
	case r.exit == 0:
		return fmt.Errorf("exit status 0 for %s", b.shown(input))
	}
	return nil
}

// dockerFails asserts that an action fails with exactly one of the texts.
func (b *bench) dockerFails(action, input string, texts ...string) error {
	r, err := b.call(action, input)
	switch {
	case err != nil:
		return err
	case r.exit == 0:
		return fmt.Errorf("%s of %s: exit status 0", action, b.shown(input))
	case !slices.Contains(texts, strings.TrimSpace(r.stdout)):
		return fmt.Errorf("%s of %s: stdout is %s", action, b.shown(input), b.shown(r.stdout))
	}
	return nil
}
