package cargo

import (
	"bufio"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

func TestTranscripts(t *testing.T) { helpertest.Transcripts(t, Helper) }

func converse(t *testing.T, targets string, stdin io.Reader) (helpertest.Result, *helpertest.Source) {
	t.Helper()
	source, err := helpertest.Parse(targets)
	if err != nil {
		t.Fatal(err)
	}
	call := helpers.Call{Args: []string{plugin}, Stdin: stdin}
	return helpertest.Run(t.Context(), Helper, call, func() (helpers.Source, error) { return source, nil }), source
}

func get(index string) string {
	return `{"v":1,"kind":"get","operation":"read","registry":{"index-url":"` + index + `"},"args":[]}` + "\n"
}

// Cargo waits for our line before it writes its own, and for each answer before the next.
func TestTurns(t *testing.T) {
	source, err := helpertest.Parse("https://git.example.com")
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := io.Pipe()
	fromUs, stdout := io.Pipe()
	call := helpers.Call{
		Args: []string{plugin}, Stdin: ours, Stdout: stdout, Stderr: io.Discard,
		Open: func() (helpers.Source, error) { return source, nil },
	}
	done := make(chan error)
	go func() { done <- Helper.Run(t.Context(), &call) }()
	lines := bufio.NewScanner(fromUs)
	for _, want := range []string{`{"v":[1]}`, `{"Ok":`, `{"Err":{"kind":"url-not-supported"}}`} {
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), want) { // hangs if it waits for the end
			t.Fatalf("got %q, want %s", lines.Text(), want)
		}
		switch want {
		case `{"v":[1]}`:
			_, err = io.WriteString(theirs, get("sparse+https://git.example.com/"))
		case `{"Ok":`:
			_, err = io.WriteString(theirs, get("sparse+https://index.crates.io/"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	_ = theirs.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// C6: the whole conversation is bounded, and ends in an answer.
func TestInputLimit(t *testing.T) {
	tooLong := `{"Err":{"kind":"other","message":"credential-idcs: the input is longer than 1 MiB"}}` + "\n"
	for name, line := range map[string]string{"one line": "a", "many lines": strings.Repeat(" ", 1<<16) + "\n"} {
		in := &endless{line: line}
		got, source := converse(t, "https://git.example.com", in)
		if got.Exit != 0 || got.Stderr != "" || !strings.HasSuffix(got.Stdout, tooLong) || len(source.Queries) != 0 {
			t.Errorf("%s: got %.200q, exit %d", name, got.Stdout, got.Exit)
		}
		if in.read > 2<<20 {
			t.Errorf("%s: %d bytes were read", name, in.read)
		}
	}
	fits := get("sparse+https://git.example.com/" + strings.Repeat("a", 1<<19))
	if got, _ := converse(t, "https://git.example.com", strings.NewReader(fits)); !strings.Contains(got.Stdout, `"Ok"`) {
		t.Errorf("got %.200q", got.Stdout)
	}
}

type endless struct {
	line     string
	at, read int
}

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = e.line[e.at]
		e.at = (e.at + 1) % len(e.line)
	}
	e.read += len(b)
	return len(b), nil
}

// O1, O3: nothing leaves that isn't a token; a long one does.
func TestTokens(t *testing.T) {
	long := strings.Repeat("a", 128<<10)
	for token, want := range map[string]string{
		"a\"b":  `"token":"Bearer a\"b"`,
		"a\nb":  `{"Err":{"kind":"other","message":"credential-idcs: profile work: the token is refused, it has byte 0x0a at offset 1"}}`,
		"<a&b>": `"token":"Bearer <a&b>"`,
		long:    `"token":"Bearer ` + long + `"`,
	} {
		source, err := helpertest.Parse("https://git.example.com")
		if err != nil {
			t.Fatal(err)
		}
		source.Entries[0].Token = token
		call := helpers.Call{Args: []string{plugin}, Stdin: strings.NewReader(get("sparse+https://git.example.com/"))}
		got := helpertest.Run(t.Context(), Helper, call, func() (helpers.Source, error) { return source, nil })
		if !strings.Contains(got.Stdout, want) || got.Exit != 0 || got.Stderr != "" {
			t.Errorf("%.20q: got %.300q", token, got.Stdout)
		}
	}
}

// Whatever cargo says: each of its lines gets one JSON object of the protocol, a token only for an
// index at the target's host, and what it typed comes back in none.
func FuzzSession(f *testing.F) {
	for _, s := range []string{
		get("sparse+https://git.example.com/"), get("https://git.example.com.evil.example/"), get("sparse+https://git.example.com@evil.example/"),
		get(`https://git.example.com/","index-url":"https://evil.example/`), get("sparse+http://git.example.com/") + get("https://GIT.example.com:443"),
		`{"v":1,"kind":"login","token":"typed"}`, `{"v":2}`, "[]\n\n{}", strings.Repeat("[", 20000), "\x00\xff\n",
		`{"V":1,"v":1,"kind":"get","registry":{"index-url":"https://git.example.com"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		const token = "TOKEN-0123456789"
		got, _ := converse(t, "https://git.example.com token="+token, strings.NewReader(string(in)))
		if got.Exit != 0 || got.Stderr != "" {
			t.Fatalf("got %+v", got)
		}
		asked := strings.SplitAfter(string(in), "\n")
		if asked[len(asked)-1] == "" {
			asked = asked[:len(asked)-1]
		}
		answers := strings.SplitAfter(strings.TrimSuffix(got.Stdout, "\n"), "\n")
		if len(answers) != 1+len(asked) || answers[0] != "{\"v\":[1]}\n" && answers[0] != `{"v":[1]}` {
			t.Fatalf("%d lines for %d: %q", len(answers), len(asked), got.Stdout)
		}
		for i, line := range answers[1:] {
			var answer struct {
				Ok  *granting
				Err *struct{ Kind, Message string }
			}
			d := json.NewDecoder(strings.NewReader(line))
			d.DisallowUnknownFields()
			if err := d.Decode(&answer); err != nil || (answer.Ok == nil) == (answer.Err == nil) {
				t.Fatalf("%q: %v", line, err)
			}
			if answer.Err != nil {
				if strings.Contains(line, token) {
					t.Errorf("a token in %q", line)
				}
				continue
			}
			var request struct {
				Registry struct {
					Index string `json:"index-url"`
				}
			}
			_ = json.Unmarshal([]byte(asked[i]), &request)
			u, err := url.Parse(strings.TrimPrefix(request.Registry.Index, "sparse+"))
			if strings.Count(strings.ToLower(asked[i]), "index-url") > 1 {
				continue // which of them counts, encoding/json and we see differently
			}
			if err == nil && (u.Scheme != "https" || u.User != nil || !strings.EqualFold(u.Hostname(), "git.example.com") || u.Port() != "" && u.Port() != "443") {
				t.Errorf("%q got %q", asked[i], line)
			}
			if answer.Ok.Token != "Bearer "+token || answer.Ok.Kind != "get" || answer.Ok.Cache != "expires" || answer.Ok.Expiration <= 0 {
				t.Errorf("%q", line)
			}
		}
	})
}

// granting is token under a name that no test hides.
type granting = token
