package methods

import (
	"slices"
	"testing"

	"github.com/credential-idcs/credential-idcs/internal/config"
)

// Each method that the configuration knows has its row here, and each row says what is needed of it.
func TestEveryLoginHasItsRow(t *testing.T) {
	var names []string
	flags := map[string]bool{}
	for _, m := range All {
		names = append(names, m.Name)
		if m.Alone != (m.Grant != nil) {
			t.Errorf("%s: a login without a person needs a grant, and no other has one", m.Name)
		}
		if m.Console == "" || len(m.Proofs) == 0 {
			t.Errorf("%s lacks the console's name for its grant, or the client's proofs", m.Name)
		}
		if public := slices.Contains(m.Proofs, "none"); public == m.Confidential {
			t.Errorf("%s: a public client may or may not, but not both", m.Name)
		}
		if m.Flag != "" && flags[m.Flag] {
			t.Errorf("two methods have the option %s", m.Flag)
		}
		flags[m.Flag] = true
	}
	// Its own half is oci.go: it asks the domain for nothing by a grant.
	if want := config.LoginNames(); !slices.Equal(append(names, config.OCILogin), want) {
		t.Errorf("got %q, want %q", names, want)
	}
}

// What init asks for a method is what the method lacks without it.
func TestInitAsksForWhatAMethodLacks(t *testing.T) {
	for _, m := range All {
		bare := &config.Profile{Name: "work", Login: m.Name, Username: config.DefaultUsername, Client: &config.Proof{}}
		if lacks := m.Missing(bare) != nil; lacks != (len(m.Ask) > 0) {
			t.Errorf("%s: lacks something: %v; questions: %v", m.Name, lacks, m.Ask)
		}
	}
}
