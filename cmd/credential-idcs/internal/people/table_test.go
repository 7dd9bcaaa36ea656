package people

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/internal/config"
)

// Columns stand below each other whatever a letter takes, and what a narrow screen hasn't room for is
// cut where a person can do without it.
func TestStatusIsAlignedByWhatATerminalShows(t *testing.T) {
	soon := time.Now()
	rows := []row{
		{Profile: "work", Username: "ana@example.com", State: "fresh", Expires: &soon, left: 7*time.Hour + 32*time.Minute, Refreshable: true},
		{Profile: "仕事", Username: "José", State: "stale", Expires: &soon, left: 45 * time.Second, Refreshable: true},
		{Profile: strings.Repeat("long", 8), Username: "a-service-account-of-some-department@example.com", State: "login_needed",
			LastError: &lastError{Code: "invalid_grant", ECID: "A1^2", At: time.Date(2026, 11, 24, 14, 3, 0, 0, time.Local)}},
	}
	file := &config.File{Default: "work"}
	wide := `PROFILE                           USER                                              STATE         LEFT   REFRESH  LAST FAILURE
work *                            ana@example.com                                   fresh         7h32m  yes      -
仕事                              José                                              stale         45s    yes      -
longlonglonglonglonglonglonglong  a-service-account-of-some-department@example.com  login_needed  -      no       14:03 invalid_grant (ecid A1^2)
`
	if diff := cmp.Diff(wide, sheet(rows, file).text(0, false)); diff != "" {
		t.Error(diff)
	}
	narrow := `PROFILE                 USER          STATE         LEFT   REFRESH  LAST FAILURE
work *                  ana@example…  fresh         7h32m  yes      -
仕事                    José          stale         45s    yes      -
longlonglonglonglongl…  a-service-a…  login_needed  -      no       14:03 invalid_grant (ecid A1^2)
`
	if diff := cmp.Diff(narrow, sheet(rows, file).text(80, false)); diff != "" {
		t.Error(diff)
	}
	if got := sheet(rows, file).text(80, true); !strings.Contains(got, "\x1b[32mfresh\x1b[0m         7h32m") || !strings.Contains(got, "\x1b[31mlogin_needed\x1b[0m  -") {
		t.Errorf("in colour\n%q", got)
	}
}
