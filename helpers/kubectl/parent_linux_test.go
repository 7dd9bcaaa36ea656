package kubectl

import (
	"os"
	"testing"
)

// K12: field 22, counted behind the last ")".
func TestStartTime(t *testing.T) {
	const behind = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 8150 20 21"
	for stat, want := range map[string]string{
		"42 (kubectl)" + behind:       "8150",
		"42 (a) R 1 (b) c)" + behind:  "8150",
		"42 ()" + behind:              "8150",
		"42 (k) S 1 2 3":              "",
		"":                            "",
		"no parentheses at all, 1 2 ": "",
	} {
		if got, ok := startTime(stat); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", stat, got, ok, want)
		}
	}
}

func TestParentIsOurs(t *testing.T) {
	p, ok := parent()
	if os.Getppid() <= 1 {
		if ok {
			t.Errorf("init counts as a parent: %+v", p)
		}
		return
	}
	if !ok || p.pid != os.Getppid() || p.start == "" {
		t.Errorf("got %+v, %v", p, ok)
	}
	if again, _ := parent(); again != p {
		t.Errorf("got %+v, then %+v", p, again)
	}
}
