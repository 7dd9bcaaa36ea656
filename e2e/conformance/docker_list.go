package main

import (
	"errors"
	"fmt"
	"strings"
)

// dockerLists are about list.
var dockerLists = []rule{
	{"list", "D12", must, "lists one JSON object of servers and user names, never null", dockerDocs, func(b *bench) error {
		_, err := b.dockerList("")
		return err
	}},
	{"list-holds", "D12", must, "lists the server that it answers, with its user name", dockerDocs, func(b *bench) error {
		c, err := b.dockerHave()
		if err != nil {
			return err
		}
		servers, err := b.dockerList("")
		if err != nil {
			return err
		}
		if user, ok := servers[c.host]; !ok || user != c.username {
			return fmt.Errorf("%s isn't listed with its user", b.shown(c.host))
		}
		return nil
	}},
	{"list-input", "D12", must, "lists without input, and whatever the input is", dockerDocs, func(b *bench) error {
		first, err := b.dockerList("")
		if err != nil {
			return err
		}
		second, err := b.dockerList("garbage\n")
		if err != nil {
			return err
		}
		if len(first) != len(second) {
			return errors.New("the list depends on stdin")
		}
		return nil
	}},
	{"list-secret", "D12", must, "lists no secret", dockerDocs, func(b *bench) error {
		c, err := b.dockerHave()
		if err != nil {
			return err
		}
		r, err := b.call("list", "")
		if err != nil {
			return err
		}
		if strings.Contains(r.stdout+r.stderr, c.secret) {
			return errors.New("the secret is in the list")
		}
		return nil
	}},
	{"list-without", "D12", should, "lists no server that it has no credential for: docker build gets each, and one failure fails all", ours, func(b *bench) error {
		if b.lacks == "" {
			return notApplicable("needs a server that it is set up for without a credential: -without")
		}
		servers, err := b.dockerList("")
		if err != nil {
			return err
		}
		if _, listed := servers[b.lacks]; listed {
			return errors.New("it lists -without")
		}
		return nil
	}},
}

func (b *bench) dockerList(input string) (map[string]string, error) {
	r, err := b.call("list", input)
	if err != nil {
		return nil, err
	}
	if r.exit != 0 {
		return nil, fmt.Errorf("exit status %d, stdout %s", r.exit, b.shown(r.stdout))
	}
	servers, err := object(r.stdout)
	if err == nil && servers == nil {
		err = errors.New("the list is null")
	}
	return servers, err
}

// dockerActions are about the actions themselves.
var dockerActions = []rule{
	{"action-unknown", "D13", must, "fails for an action that it doesn't know, and says so on stdout", dockerServe, func(b *bench) error {
		for _, action := range []string{"made-up", "GET", "login"} {
			r, err := b.call(action, fresh().host)
			if err != nil {
				return err
			}
			if r.exit == 0 || strings.TrimSpace(r.stdout) == "" {
				return fmt.Errorf("%s: exit status %d, stdout %s", action, r.exit, b.shown(r.stdout))
			}
		}
		return nil
	}},
	{"action-one", "D1", must, "takes exactly one action, else fails and says how it is run", dockerServe, func(b *bench) error {
		for _, args := range [][]string{{}, {"get", "get"}, {"list", "x"}} {
			r, err := b.run(strings.NewReader(fresh().host), args...)
			if err != nil {
				return err
			}
			if r.exit == 0 || strings.TrimSpace(r.stdout+r.stderr) == "" {
				return fmt.Errorf("%d arguments: exit status %d, stdout %s", len(args), r.exit, b.shown(r.stdout))
			}
		}
		return nil
	}},
	{"action-exit", "D1", should, "exits 1 for every failure", dockerServe, func(b *bench) error {
		for _, args := range [][]string{{}, {"made-up"}, {"get"}, {"store"}, {"erase"}} {
			r, err := b.run(strings.NewReader(""), args...)
			if err != nil {
				return err
			}
			if r.exit != 1 {
				return fmt.Errorf("%q without input: exit status %d", args, r.exit)
			}
		}
		return nil
	}},
	{"version", "D13", should, "prints its name and version for version", dockerServe, func(b *bench) error {
		r, err := b.call("version", "")
		if err != nil {
			return err
		}
		if r.exit != 0 || strings.TrimSpace(r.stdout) == "" || strings.Count(strings.TrimSpace(r.stdout), "\n") > 0 {
			return fmt.Errorf("exit status %d, stdout %s", r.exit, b.shown(r.stdout))
		}
		return nil
	}},
}
