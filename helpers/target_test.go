package helpers

import "testing"

func TestTargetCovers(t *testing.T) {
	listed, err := ParseTarget("https://GIT.example.com:443/team/")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := listed.String(), "https://git.example.com/team"; got != want {
		t.Errorf("String: got %q, want %q", got, want)
	}
	for path, want := range map[string]bool{"team": true, "team/": true, "team/a.git": true, "teams": false, "Team": false, "team.git": false, "": false} {
		input, err := ParseGit("https", "git.example.com", path)
		if err != nil {
			t.Fatal(err)
		}
		if got := listed.Covers(input); got != want {
			t.Errorf("Covers(path %q): got %v, want %v", path, got, want)
		}
	}
}
