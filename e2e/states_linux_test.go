package e2e_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// `status --json` names the five states as the contract does, in objects of exactly its members, says
// whether the next use needs a person, and is never on the network.
func TestStatesOfAProfile(t *testing.T) {
	program := build(t)
	for _, kind := range []machine.Kind{machine.Person, machine.Alone} {
		t.Run(kind.String(), func(t *testing.T) {
			domain := idcstest.Start(t, idcstest.Options{})
			m := machine.New(t, program, domain, kind)
			alone := kind == machine.Alone

			// What is stored when the state is asked for; refreshable; the last failure's code.
			for _, step := range []struct {
				state       string
				refreshable bool
				code        string
				come        func()
			}{
				{"none", alone, "", func() {}},
				{"fresh", true, "", m.Login},
				{"stale", true, "", func() { m.Leave(10 * time.Minute) }},
				{"expired", true, "", m.Expire},
				{"fresh", true, "", func() { m.Do(machine.Token) }},
				{"expired", true, "later", func() { m.Expire(); domain.Stop(); m.Do(machine.Refresh) }},
				{"fresh", true, "", func() {
					if err := domain.Resume(); err != nil {
						t.Fatal(err)
					}
					m.Do(machine.Refresh)
				}},
				{map[bool]string{false: "login_needed", true: "fresh"}[alone], alone, map[bool]string{false: "invalid_grant"}[alone],
					func() { m.Expire(); domain.EndLogins(); m.Do(machine.Refresh) }},
				{"none", alone, "", func() { m.Do(machine.Logout) }},
			} {
				step.come()
				before := domain.Counts().Connections
				r := m.Do(machine.Status)
				if r.Exit != 0 || r.Stderr != "" || strings.Contains(r.Stdout, "eyJ") {
					t.Fatalf("%s: %s", step.state, r)
				}
				got := onlyRow(t, r.Stdout)
				code := ""
				if failure, ok := got["last_error"].(map[string]any); ok {
					code = failure["code"].(string)
					members(t, failure, "code", "description", "ecid", "at")
					when(t, failure["at"])
				}
				if got["state"] != step.state || got["refreshable"] != step.refreshable || code != step.code || got["profile"] != "work" || got["domain"] != domain.URL() {
					t.Errorf("want %s, refreshable %v, last failure %q; got\n%s", step.state, step.refreshable, step.code, r.Stdout)
				}
				for _, name := range []string{"expires_at", "obtained_at"} {
					if (got[name] == nil) != (step.state == "none") {
						t.Errorf("%s: %s is %v", step.state, name, got[name])
					}
					when(t, got[name])
				}
				if n := domain.Counts().Connections; n != before {
					t.Errorf("%s: status connected to the domain", step.state)
				}
			}
		})
	}
}

func onlyRow(t *testing.T, text string) map[string]any {
	t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal([]byte(text), &rows); err != nil || len(rows) != 1 {
		t.Fatalf("%v, %d objects in\n%s", err, len(rows), text)
	}
	members(t, rows[0], "profile", "domain", "username", "state", "expires_at", "obtained_at", "refreshable", "last_error", "seal", "derived")
	return rows[0]
}

func members(t *testing.T, object map[string]any, want ...string) {
	t.Helper()
	var got []string
	for name := range object {
		got = append(got, name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("members, -want +got:\n%s", diff)
	}
}

// when asserts RFC 3339, or null.
func when(t *testing.T, v any) {
	t.Helper()
	if v == nil {
		return
	}
	if _, err := time.Parse(time.RFC3339, v.(string)); err != nil {
		t.Error(err)
	}
}
