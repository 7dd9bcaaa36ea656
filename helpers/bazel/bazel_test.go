package bazel

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

func TestTranscripts(t *testing.T) { helpertest.Transcripts(t, Helper) }

func get(t *testing.T, token, stdin string) helpertest.Result {
	t.Helper()
	source, err := helpertest.Parse("https://git.example.com")
	if err != nil {
		t.Fatal(err)
	}
	source.Entries[0].Token = token
	call := helpers.Call{Args: []string{"get"}, Stdin: strings.NewReader(stdin)}
	return helpertest.Run(t.Context(), Helper, call, func() (helpers.Source, error) { return source, nil })
}

// C6, O1, O3.
func TestLimits(t *testing.T) {
	const request = `{"uri":"https://git.example.com/"}`
	got := get(t, "TOKEN", request+strings.Repeat(" ", 1<<20))
	if want := (helpertest.Result{Stderr: "credential-idcs: the input is longer than 1 MiB\n", Exit: 1}); got != want {
		t.Errorf("got %+v", got)
	}
	for token, want := range map[string]string{
		strings.Repeat("a", 128<<10): `["Bearer ` + strings.Repeat("a", 128<<10) + `"]`,
		"a\"<\\":                     `["Bearer a\"<\\"]`,
		"a\r\nX: y":                  "",
		"":                           "",
	} {
		got := get(t, token, request)
		if (got.Stdout == "") != (want == "") || (got.Exit == 0) != (want != "") || !strings.Contains(got.Stdout, want) {
			t.Errorf("%.10q: got %.300v", token, got)
		}
	}
}

// The answer has the shape of the specification's schemas/get-credentials-response.schema.json:
// headers are lists of strings by name, expires is RFC 3339, and there is nothing else.
func TestSchema(t *testing.T) {
	got := get(t, "TOKEN", `{"uri":"https://git.example.com/"}`)
	var answer struct {
		Headers map[string][]string `json:"headers"`
		Expires time.Time           `json:"expires"`
	}
	d := json.NewDecoder(strings.NewReader(got.Stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Headers) != 1 || len(answer.Headers["Authorization"]) != 1 || answer.Expires.Unix() != 1790000000 {
		t.Errorf("got %+v", answer)
	}
}

// Whatever is asked: an answer is one JSON object, for an address that net/url too reads as the
// target's, and a failure is one line without the query or the user of the address.
func FuzzGet(f *testing.F) {
	for _, uri := range []string{
		"https://git.example.com/a?b", "grpcs://git.example.com:443", "https://git.example.com.evil.example/", "https://git.example.com@evil.example/",
		"https://ana:hush@git.example.com/", "grpcs://grpcs://git.example.com", "https://git.example.com/..", "http://git.example.com", "https://git.example.com/?hush",
	} {
		b, _ := json.Marshal(map[string]string{"uri": uri}) // of strings alone
		f.Add(b)
	}
	f.Add([]byte(`{"uri":"https://git.example.com/","uri":"https://evil.example/","URI":"https://evil.example"}`))
	f.Add([]byte(`{"uri":"https://git.example.com/\u2028\ud800"}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		const token = "TOKEN-0123456789"
		got := get(t, token, string(in))
		if got.Exit != 0 {
			if got.Stdout != "" || strings.Count(got.Stderr, "\n") != 1 || strings.Contains(got.Stderr, token) || strings.IndexFunc(strings.TrimSuffix(got.Stderr, "\n"), helpers.Control) >= 0 {
				t.Errorf("got %+v", got)
			}
			return
		}
		want := `{"headers":{"Authorization":["Bearer ` + token + `"]},"expires":"2026-09-21T14:13:20Z"}` + "\n"
		if got.Stdout != want || got.Stderr != "" {
			t.Errorf("got %+v", got)
		}
		var request map[string]any
		if err := json.Unmarshal(in, &request); err != nil {
			t.Fatalf("%q got an answer: %v", in, err)
		}
		uri, _ := request["uri"].(string)
		u, err := url.Parse(uri)
		if err != nil {
			if !strings.Contains(uri, "%") {
				t.Fatalf("%q got an answer: %v", in, err)
			}
			return
		}
		if u.Scheme != "https" && u.Scheme != "grpcs" || u.User != nil || !strings.EqualFold(u.Hostname(), "git.example.com") || u.Port() != "" && u.Port() != "443" {
			t.Errorf("%q got an answer", in)
		}
	})
}
