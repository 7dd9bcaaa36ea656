package google

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

func TestTranscripts(t *testing.T) { helpertest.Transcripts(t, Helper) }

func ask(t *testing.T, token string) (helpertest.Result, *helpertest.Source) {
	t.Helper()
	source, err := helpertest.Parse("https://sts.googleapis.com token=ACCESS")
	if err != nil {
		t.Fatal(err)
	}
	source.Entries[0].IDToken = token
	return helpertest.Run(t.Context(), Helper, helpers.Call{Profile: "work"}, func() (helpers.Source, error) { return source, nil }), source
}

// An access token never stands in for the ID token, and only the latter is asked for.
func TestKind(t *testing.T) {
	got, source := ask(t, "IDTOKEN")
	if len(source.Queries) != 1 || source.Queries[0].Kind != helpers.ID || source.Queries[0].Target.String() != exchange || strings.Contains(got.Stdout, "ACCESS") {
		t.Errorf("asked %+v, got %+v", source.Queries, got)
	}
}

// O1, O3, O4: exit 0, one line of JSON, an empty stderr, whatever the token is.
func TestTokens(t *testing.T) {
	for token, success := range map[string]bool{strings.Repeat("a", 128<<10): true, `a"<\`: true, "": false, "a\u2028": false, "a\n{\"version\":1}": false} {
		got, _ := ask(t, token)
		var answer struct {
			Success bool
			IDToken string `json:"id_token"`
			Code    string
			Message string
		}
		if err := json.Unmarshal([]byte(got.Stdout), &answer); err != nil || got.Exit != 0 || got.Stderr != "" || strings.Count(got.Stdout, "\n") != 1 {
			t.Fatalf("%.10q: %v: got %.300v", token, err, got)
		}
		if answer.Success != success || success && answer.IDToken != token || !success && (answer.Code != "500" || answer.Message == "" || answer.IDToken != "") {
			t.Errorf("%.10q: got %.300v", token, got)
		}
	}
}

// Not even a stdout that nobody reads makes it write to stderr.
func TestStdoutIsClosed(t *testing.T) {
	source, err := helpertest.Parse("https://sts.googleapis.com id=IDTOKEN")
	if err != nil {
		t.Fatal(err)
	}
	call := helpers.Call{
		Stdout: closed{}, Getenv: func(string) string { return "" },
		Open: func() (helpers.Source, error) { return source, nil },
	}
	var exit *helpers.Exit
	if err := Helper.Run(t.Context(), &call); !errors.As(err, &exit) || exit.Err != nil || exit.Status == 0 {
		t.Errorf("got %#v", err)
	}
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errors.New("closed") }
