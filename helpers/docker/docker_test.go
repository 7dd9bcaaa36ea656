package docker

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker-credential-helpers/credentials"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

func TestTranscripts(t *testing.T) { helpertest.Transcripts(t, Helper) }

func run1(t *testing.T, targets, action string, stdin io.Reader) (helpertest.Result, *helpertest.Source) {
	t.Helper()
	source, err := helpertest.Parse(targets)
	if err != nil {
		t.Fatal(err)
	}
	call := helpers.Call{Args: []string{action}, Stdin: stdin}
	return helpertest.Run(t.Context(), Helper, call, func() (helpers.Source, error) { return source, nil }), source
}

// O3: JSON has no limit, and D10: store reads more than a pipe holds.
func TestLongTokens(t *testing.T) {
	token := strings.Repeat("a", 128<<10)
	got, _ := run1(t, "https://registry.example.com token="+token, "get", strings.NewReader("registry.example.com"))
	if want := `{"ServerURL":"registry.example.com","Username":"oauth2","Secret":"` + token + "\"}\n"; got.Stdout != want || got.Exit != 0 {
		t.Errorf("got %d bytes, exit %d", len(got.Stdout), got.Exit)
	}
	in := strings.NewReader(strings.Replace(got.Stdout, "oauth2", "eve", 1))
	got, _ = run1(t, "https://registry.example.com", "store", in)
	if got.Exit != 0 || got.Stdout != "" || !strings.Contains(got.Stderr, "not kept") || in.Len() != 0 {
		t.Errorf("store: got %+v, %d bytes unread", got, in.Len())
	}
}

// O1: a token that isn't one leaves on no line, and the message is on both.
func TestTokenThatMustNotLeave(t *testing.T) {
	source, err := helpertest.Parse("https://registry.example.com")
	if err != nil {
		t.Fatal(err)
	}
	source.Entries[0].Token = "a\u2028"
	call := helpers.Call{Args: []string{"get"}, Stdin: strings.NewReader("registry.example.com")}
	got := helpertest.Run(t.Context(), Helper, call, func() (helpers.Source, error) { return source, nil })
	line := "credential-idcs: profile work: the token is refused, it has byte 0xe2 at offset 1\n"
	if want := (helpertest.Result{Stdout: line, Stderr: line, Exit: 1, Writes: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// erase, which is `docker logout`, forgets a token that is the registry's own, and no other.
func TestEraseForgetsTheRegistrysOwn(t *testing.T) {
	source, err := helpertest.Parse("https://registry.example.com token=shared\nhttps://iad.ocir.io token=own")
	if err != nil {
		t.Fatal(err)
	}
	source.Entries[1].Own = true
	for _, server := range []string{"registry.example.com", "iad.ocir.io", "others.example.com"} {
		call := helpers.Call{Args: []string{"erase"}, Stdin: strings.NewReader(server)}
		got := helpertest.Run(t.Context(), Helper, call, func() (helpers.Source, error) { return source, nil })
		if got.Exit != 0 || got.Stdout != "" {
			t.Errorf("%s: got %+v", server, got)
		}
	}
	if want := []string{"own"}; !slices.Equal(source.Refusals, want) {
		t.Errorf("%q were refused, want %q", source.Refusals, want)
	}
}

// C6, S12: more than 1 MiB is nobody's server.
func TestInputLimit(t *testing.T) {
	for action, want := range map[string]helpertest.Result{
		"get":   {Stdout: notFound, Exit: 1, Writes: 1},
		"erase": {},
		"store": {
			Stdout: "credential-idcs: store: the input is longer than 1 MiB\n",
			Stderr: "credential-idcs: store: the input is longer than 1 MiB\n", Exit: 1, Writes: 1,
		},
	} {
		in := &counted{r: io.LimitReader(zeros{}, 1<<30)}
		got, source := run1(t, "https://registry.example.com", action, io.MultiReader(strings.NewReader("registry.example.com/"), in))
		if got != want || len(source.Queries) != 0 {
			t.Errorf("%s: got %+v, want %+v", action, got, want)
		}
		if in.n > 2<<20 {
			t.Errorf("%s: %d bytes were read", action, in.n)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '0'
	}
	return len(b), nil
}

type counted struct {
	r io.Reader
	n int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += n
	return n, err
}

// C8: an action is foreign text too.
func TestActionIsCleaned(t *testing.T) {
	got, _ := run1(t, "", "\x1b[31m\nget", nil)
	if want := "docker-credential-idcs: unknown action: ?[31m?get\n"; got.Stdout != want || got.Exit != 1 {
		t.Errorf("got %q, exit %d", got.Stdout, got.Exit)
	}
}

// security.md section 3: stdout is an exact text of docker's, or one object that docker's decoder
// takes, for a server whose host is the target's.
func FuzzGet(f *testing.F) {
	for _, s := range []string{
		"registry.example.com:5000", "registry.example.com:5000\n", "https://registry.example.com:5000/v2/\r\n",
		"REGISTRY.example.com:5000", "", " ", "\n", "a\nb", "http://registry.example.com:5000",
		"registry.example.com:5000@evil", "registry.example.com:5000/../x", "registry.example.com:05000",
		"registry.example.com:5000\x00", "registry.example.com:5000 ", "registry.example.com:5000/\xff",
		"https://https://registry.example.com:5000", "registry.example.com:5000/?a", "registry.example.com:5000#a",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, _ := run1(t, "https://registry.example.com:5000 user=ana", "get", bytes.NewReader(in))
		switch got.Stdout {
		case notFound, noServer:
			if got.Exit != 1 {
				t.Errorf("exit %d", got.Exit)
			}
			return
		}
		var c credentials.Credentials
		dec := json.NewDecoder(strings.NewReader(got.Stdout))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&c); err != nil || got.Exit != 0 {
			t.Fatalf("%v in %q, exit %d", err, got.Stdout, got.Exit)
		}
		if rest, _ := io.ReadAll(dec.Buffered()); string(rest) != "\n" {
			t.Errorf("%q behind the object", rest)
		}
		server := strings.TrimSuffix(strings.TrimSuffix(string(in), "\n"), "\r")
		if c.ServerURL != server || c.Username != "ana" || c.Secret != "TOKEN" {
			t.Errorf("%q: got %+v", in, c)
		}
		host, _, _ := strings.Cut(strings.TrimPrefix(server, "https://"), "/")
		if !strings.EqualFold(host, "registry.example.com:5000") {
			t.Errorf("host %q got a token", host)
		}
	})
}
