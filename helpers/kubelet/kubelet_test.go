package kubelet

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

func TestTranscripts(t *testing.T) { helpertest.Transcripts(t, Helper) }

func call(t *testing.T, targets, request string) (helpertest.Result, *helpertest.Source) {
	t.Helper()
	source, err := helpertest.Parse(targets)
	if err != nil {
		t.Fatal(err)
	}
	c := helpers.Call{Stdin: strings.NewReader(request)}
	return helpertest.Run(t.Context(), Helper, c, func() (helpers.Source, error) { return source, nil }), source
}

func request(image string) string {
	b, _ := json.Marshal(map[string]string{"apiVersion": version, "kind": kind, "image": image}) // of strings alone
	return string(b)
}

// O5: whole seconds, rounded down, never past.
func TestRemaining(t *testing.T) {
	now := time.Unix(1_000_000, 300_000_000)
	for _, c := range []struct {
		expiry time.Time
		want   string
	}{
		{now.Add(10 * time.Minute), "10m0s"},
		{time.Unix(1_000_570, 0), "9m29s"},
		{time.Unix(1_000_001, 0), "0s"},
		{now, "0s"},
		{now.Add(-time.Hour), "0s"},
		{now.Add(25 * time.Hour), "25h0m0s"},
	} {
		if got := remaining(c.expiry, now).String(); got != c.want {
			t.Errorf("%v: got %s, want %s", c.expiry.Sub(now), got, c.want)
		}
	}
}

// A profile whose login needs a person isn't even asked for its token.
func TestPersonIsNotAskedFor(t *testing.T) {
	got, source := call(t, "https://registry.example.com", request("registry.example.com/app"))
	if got.Exit != 5 || got.Stdout != "" || len(source.Queries) != 0 {
		t.Errorf("got %+v, %d queries", got, len(source.Queries))
	}
}

// C6, O1, O3.
func TestLimits(t *testing.T) {
	got, _ := call(t, "https://registry.example.com unattended=yes", request("registry.example.com/"+strings.Repeat("a", 1<<20)))
	if want := (helpertest.Result{Stderr: "credential-idcs: the input is longer than 1 MiB\n", Exit: 1}); got != want {
		t.Errorf("got %.300v", got)
	}
	source, err := helpertest.Parse("https://registry.example.com unattended=yes")
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]string{
		strings.Repeat("a", 128<<10): `"password":"` + strings.Repeat("a", 128<<10) + `"`,
		"a\"<\\":                     `"password":"a\"<\\"`,
		"a b":                        "",
	} {
		source.Entries[0].Token = token
		c := helpers.Call{Stdin: strings.NewReader(request("registry.example.com/app"))}
		got := helpertest.Run(t.Context(), Helper, c, func() (helpers.Source, error) { return source, nil })
		if (got.Stdout == "") != (want == "") || !strings.Contains(got.Stdout, want) {
			t.Errorf("%.10q: got %.300v", token, got)
		}
	}
}

// Whatever is asked: stdout is empty or one JSON object, with a credential only for the host before
// the image's first slash, if that is the target's.
func FuzzRequest(f *testing.F) {
	for _, image := range []string{
		"registry.example.com/app", "registry.example.com:443/app", "registry.example.com.evil.example/app", "registry.example.com@evil.example/app",
		"nginx", "team/app", "REGISTRY.example.com/a", "registry.example.com", "*.example.com/a", "registry.example.com\\/a", "registry.example.com\u2028/a", "/",
	} {
		f.Add([]byte(request(image)))
	}
	f.Add([]byte(`{"image":"registry.example.com/a","image":"evil.example/a","kind":"` + kind + `","apiVersion":"` + version + `"}`))
	f.Add([]byte(`{"IMAGE":"registry.example.com/a","kind":"` + kind + `","apiVersion":"` + version + `"}`))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		const token = "TOKEN-0123456789"
		got, _ := call(t, "https://registry.example.com user=ana unattended=yes token="+token, string(in))
		if strings.Contains(got.Stderr, token) || strings.Count(got.Stderr, "\n") > 1 {
			t.Errorf("stderr %q", got.Stderr)
		}
		if got.Exit != 0 {
			if got.Stdout != "" || got.Stderr == "" {
				t.Errorf("got %+v", got)
			}
			return
		}
		var answer response
		if err := json.Unmarshal([]byte(got.Stdout), &answer); err != nil || strings.Count(got.Stdout, "\n") != 1 || !strings.HasSuffix(got.Stdout, "\n") {
			t.Fatalf("%q: %v", got.Stdout, err)
		}
		if len(answer.Auth) == 0 {
			if strings.Contains(got.Stdout, token) || answer.CacheDuration != "0s" {
				t.Errorf("got %q", got.Stdout)
			}
			return
		}
		for host, l := range answer.Auth {
			name := strings.TrimSuffix(strings.ToLower(host), ":443")
			if name != "registry.example.com" || l.Username != "ana" || l.Password != token || len(answer.Auth) != 1 {
				t.Errorf("got %q for %q", got.Stdout, in)
			}
		}
	})
}
