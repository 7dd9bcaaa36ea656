package config

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOwner(t *testing.T) {
	f, err := load(t, profile("ana", `username = "ana"`, `targets = ["https://git.example.com", "https://own.example.com"]`)+
		profile("bob", `username = "bob"`, `targets = ["https://git.example.com", "https://git.example.com/team"]`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ place, username, profile, want string }{
		{"https://own.example.com", "", "", "ana"},
		{"https://own.example.com/any/path", "ana", "", "ana"},
		{"https://own.example.com", "bob", "", "another user"},
		{"https://own.example.com", "", "bob", "unlisted"},
		{"https://git.example.com", "ana", "", "ana"},
		{"https://git.example.com", "bob", "", "bob"},
		{"https://git.example.com", "eve", "", "another user"},
		{"https://git.example.com", "", "", "shared"},
		{"https://git.example.com", "", "bob", "bob"},
		{"https://git.example.com/team/a.git", "", "", "bob"},
		{"https://git.example.com/team/a.git", "ana", "", "another user"}, // the longest path wins
		{"https://git.example.com/teams", "ana", "", "ana"},
		{"https://other.example.com", "", "", "unlisted"},
		{"https://git.example.com:8443", "ana", "", "unlisted"},
		{"https://git.example.com", "", "carl", "no profile"},
	} {
		p, target, err := f.Owner(mustTarget(t, c.place), Query{Username: c.username, Profile: c.profile})
		var got string
		var unlisted *UnlistedError
		var shared *SharedError
		var none *ProfileError
		var user *UsernameError
		switch {
		case errors.As(err, &user):
			got = "another user"
		case errors.As(err, &unlisted):
			got = "unlisted"
		case errors.As(err, &shared):
			got = "shared"
			if diff := cmp.Diff(shared.Profiles, []string{"ana", "bob"}); diff != "" {
				t.Error(diff)
			}
		case errors.As(err, &none):
			got = "no profile"
		default:
			got = p.Name
			if target.Username != p.Name {
				t.Errorf("%v: target of %q", c, target.Username)
			}
		}
		if got != c.want {
			t.Errorf("Owner(%q, %q, %q) = %s, want %s", c.place, c.username, c.profile, got, c.want)
		}
	}
}

// Two profiles may have one target, also with one user name; what decides is a user name that is set, the
// tools of the target, and the default for tools that can name no profile. Nothing else stops working.
func TestOwnerOfASharedTarget(t *testing.T) {
	const both = `targets = ["https://git.example.com", "https://own.example.com"]`
	f, err := load(t, "default = \"b\"\n"+profile("a", both, `[profiles.a.target."https://git.example.com"]`, `username = "ana"`)+
		profile("b", both, `[profiles.b.target."https://own.example.com"]`, `tools = ["git", "podman", "tofu"]`, `min_ttl = "10m"`)+
		profile("c", `targets = ["https://lone.example.com"]`))
	if err != nil {
		t.Fatal(err)
	}
	undecided, err := load(t, profile("a", `targets = ["https://reg.example.com"]`)+
		profile("b", `targets = ["https://reg.example.com"]`, `[profiles.b.target."https://reg.example.com"]`, `tools = ["docker"]`))
	if err != nil {
		t.Fatal(err)
	}
	for tool, want := range map[string]string{"docker": "b", "cargo": "a", "pip": "a", "git": "a"} {
		if p, _, err := undecided.Owner(mustTarget(t, "https://reg.example.com"), Query{Tool: tool}); err != nil || p.Name != want {
			t.Errorf("%s: got %v, %v, want %s", tool, p, err, want)
		}
	}
	for _, c := range []struct {
		place string
		q     Query
		want  string
	}{
		{"https://git.example.com", Query{Tool: "pip"}, "b"},
		{"https://git.example.com", Query{}, "shared"},
		{"https://git.example.com", Query{Username: "ana"}, "a"},
		{"https://git.example.com", Query{Username: "eve"}, "b"}, // who hasn't set one takes any
		{"https://git.example.com", Query{Tool: "git"}, "shared"},
		{"https://git.example.com", Query{Tool: "docker"}, "b"}, // the default
		{"https://git.example.com", Query{Tool: "git", Profile: "a"}, "a"},
		{"https://own.example.com", Query{Tool: "git"}, "shared"},
		{"https://own.example.com", Query{Tool: "docker"}, "b"},
		{"https://own.example.com", Query{Tool: "cargo"}, "a"}, // for b it isn't
		{"https://own.example.com", Query{Tool: "cargo", Profile: "b"}, "unlisted"},
		{"https://own.example.com", Query{Tool: "terraform"}, "shared"},
		{"https://lone.example.com", Query{Tool: "git", Username: "eve"}, "c"},
	} {
		p, _, err := f.Owner(mustTarget(t, c.place), c.q)
		got := ""
		var unlisted *UnlistedError
		var shared *SharedError
		switch {
		case errors.As(err, &unlisted):
			got = "unlisted"
		case errors.As(err, &shared):
			got = "shared"
		case err == nil:
			got = p.Name
		}
		if got != c.want {
			t.Errorf("%s %+v: got %s (%v), want %s", c.place, c.q, got, err, c.want)
		}
	}
	if got := f.Profiles[1].Targets[1]; got.MinTTL != 10*time.Minute || !cmp.Equal(got.Tools, []string{"git", "docker", "terraform"}) {
		t.Errorf("got %+v", got)
	}
}

func TestChoose(t *testing.T) {
	two := profile("a") + profile("b")
	for _, c := range []struct {
		doc        string
		flag, env  string
		want, fail string
	}{
		{two, "b", "a", "b", ""},
		{two, "", "b", "b", ""},
		{"default = \"a\"\n" + two, "", "", "a", ""},
		{"default = \"a\"\n" + two, "", "b", "b", ""},
		{profile("only"), "", "", "only", ""},
		{two, "", "", "", `which profile? (a, b)`},
		{two, "c", "", "", `there is no profile "c"; known: a, b`},
		{profile("work") + profile("home"), "wrok", "", "", `there is no profile "wrok"; known: work, home; did you mean "work"?`},
	} {
		f, err := load(t, c.doc)
		if err != nil {
			t.Fatal(err)
		}
		p, err := f.Choose(c.flag, c.env)
		if c.fail != "" {
			if err == nil || err.Error() != c.fail {
				t.Errorf("Choose(%q, %q): %v, want %s", c.flag, c.env, err, c.fail)
			}
			continue
		}
		if err != nil || p.Name != c.want {
			t.Errorf("Choose(%q, %q) = %v, %v, want %s", c.flag, c.env, p, err, c.want)
		}
	}
}
