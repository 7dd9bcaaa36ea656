package git

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

func TestTranscripts(t *testing.T) { helpertest.Transcripts(t, Helper) }

const listed = "https://git.example.com user=ana\n"

func get(t *testing.T, targets string, stdin io.Reader) (helpertest.Result, *helpertest.Source) {
	t.Helper()
	source, err := helpertest.Parse(targets)
	if err != nil {
		t.Fatal(err)
	}
	call := helpers.Call{Args: []string{"get"}, Stdin: stdin}
	return helpertest.Run(context.Background(), Helper, call, func() (helpers.Source, error) { return source, nil }), source
}

const request1 = "protocol=https\nhost=git.example.com\n"

// G1, S5: a line of 65,535 bytes with its LF is the longest.
func TestLineLimit(t *testing.T) {
	for _, c := range []struct {
		name   string
		value  int // bytes behind "wwwauth[]="
		end    string
		answer bool
	}{
		{"longest", lineLimit - len("wwwauth[]=\n"), "\n\n", true},
		{"one more", lineLimit - len("wwwauth[]=\n") + 1, "\n\n", false},
		{"longest without its LF", lineLimit - len("wwwauth[]=\n"), "", true},
		{"one more without its LF", lineLimit - len("wwwauth[]=\n") + 1, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := request1 + "wwwauth[]=" + strings.Repeat("a", c.value) + c.end
			got, _ := get(t, listed, strings.NewReader(in))
			if answered := got.Stdout != ""; answered != c.answer || got.Exit != 0 || got.Stderr != "" {
				t.Errorf("got %d bytes, exit %d, stderr %q", len(got.Stdout), got.Exit, got.Stderr)
			}
		})
	}
}

// C6, S5: 1 MiB of stdin at most is taken, and of more not much more is read.
func TestInputLimit(t *testing.T) {
	line := "foo=" + strings.Repeat("a", 1019) + "\n" // 1 KiB
	fits := strings.Repeat(line, 1023) + request1
	if got, _ := get(t, listed, strings.NewReader(fits)); got.Stdout == "" {
		t.Error("1 MiB: no answer")
	}
	for name, in := range map[string]*endless{
		"1 GiB of lines":    {line: line},
		"1 GiB in one line": {line: "a"},
		"NUL":               {line: "\x00"},
		"empty keys":        {line: "a=\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, source := get(t, listed, io.MultiReader(strings.NewReader(request1), io.LimitReader(in, 1<<30)))
			if got.Stdout != "" || got.Exit != 0 || len(source.Queries) != 0 {
				t.Errorf("got %+v", got)
			}
			if in.read > 2<<20 {
				t.Errorf("%d bytes were read", in.read)
			}
		})
	}
}

// endless repeats a line and counts what was taken.
type endless struct {
	line string
	at   int
	read int
}

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = e.line[e.at]
		e.at = (e.at + 1) % len(e.line)
	}
	e.read += len(b)
	return len(b), nil
}

// S5: a client that leaves its end open behind the blank line gets its answer at once.
func TestBlankLineEndsTheInput(t *testing.T) {
	r, w := io.Pipe()
	done := make(chan helpertest.Result)
	go func() {
		got, _ := get(t, listed, r)
		done <- got
	}()
	if _, err := io.WriteString(w, request1+"\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got.Stdout == "" { // hangs if it waits for the end
		t.Errorf("got %+v", got)
	}
	_ = w.Close()
}

// O1, O3, S7: nothing leaves that isn't a token, and the message says why without it.
func TestTokensThatNoLineCanCarry(t *testing.T) {
	for name, c := range map[string]struct{ token, message string }{
		"LF":    {"abc\nhost=evil.example", "profile work: the token is refused, it has byte 0x0a at offset 3"},
		"CR":    {"\rabc", "profile work: the token is refused, it has byte 0x0d at offset 0"},
		"NUL":   {"ab\x00", "profile work: the token is refused, it has byte 0x00 at offset 2"},
		"space": {"a b", "profile work: the token is refused, it has byte 0x20 at offset 1"},
		"DEL":   {"a\x7f", "profile work: the token is refused, it has byte 0x7f at offset 1"},
		"UTF-8": {"aé", "profile work: the token is refused, it has byte 0xc3 at offset 1"},
		"empty": {"", "profile work: the token is empty"},
		"65001": {strings.Repeat("a", 65001), "profile work: the token is refused, it has 65001 bytes and this protocol takes 65000"},
	} {
		t.Run(name, func(t *testing.T) {
			source, err := helpertest.Parse(listed)
			if err != nil {
				t.Fatal(err)
			}
			source.Entries[0].Token = c.token
			call := helpers.Call{Args: []string{"get"}, Stdin: strings.NewReader(request1)}
			got := helpertest.Run(t.Context(), Helper, call, func() (helpers.Source, error) { return source, nil })
			want := helpertest.Result{Stdout: "quit=1\n", Stderr: "credential-idcs: " + c.message + "\n", Exit: 1, Writes: 1}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	long := strings.Repeat("a", 65000)
	got, _ := get(t, "https://git.example.com token="+long, strings.NewReader(request1))
	if !strings.Contains(got.Stdout, "\npassword="+long+"\n") {
		t.Error("65,000 bytes: no answer")
	}
}

// 2.2, O2: a name with a line break, or an expiry that git would read as "never", doesn't leave.
func TestOtherValuesThatMustNotLeave(t *testing.T) {
	for name, spoil := range map[string]func(*helpertest.Entry){
		"name with LF": func(e *helpertest.Entry) { e.Username = "a\npassword=x" },
		"empty name":   func(e *helpertest.Entry) { e.Username = "" },
		"expiry 0":     func(e *helpertest.Entry) { e.Expiry = time.Unix(0, 0) },
		"no expiry":    func(e *helpertest.Entry) { e.Expiry = time.Time{} },
	} {
		t.Run(name, func(t *testing.T) {
			source, err := helpertest.Parse(listed)
			if err != nil {
				t.Fatal(err)
			}
			spoil(&source.Entries[0])
			call := helpers.Call{Args: []string{"get"}, Stdin: strings.NewReader(request1)}
			got := helpertest.Run(t.Context(), Helper, call, func() (helpers.Source, error) { return source, nil })
			if got.Stdout != "quit=1\n" || got.Exit != 1 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// X1 to X5.
func TestHeal(t *testing.T) {
	const fingerprint = "f98103e9217f0992" // of TOKEN, below
	if got := secret.New("TOKEN").Fingerprint(); got != fingerprint {
		t.Fatalf("Fingerprint: got %s, want %s", got, fingerprint)
	}
	const basic = "username=ana\npassword=TOKEN\npassword_expiry_utc=1790000000\n"
	const first = "state[]=idcs:1:" + fingerprint + "\ncontinue=1\n"
	for _, c := range []struct{ name, attributes, stdout string }{
		{"X1 the first answer",
			"capability[]=state\n",
			"capability[]=state\n" + basic + first},
		{"X1 behind the authtype line",
			"capability[]=authtype\ncapability[]=state\n",
			"capability[]=authtype\ncapability[]=state\nephemeral=1\n" + basic + first},
		{"X1 with Bearer",
			"capability[]=authtype\ncapability[]=state\nwwwauth[]=Bearer\n",
			"capability[]=authtype\ncapability[]=state\nauthtype=Bearer\ncredential=TOKEN\nephemeral=1\npassword_expiry_utc=1790000000\n" + first},
		{"X1 a git that can't",
			"capability[]=authtype\n",
			"capability[]=authtype\nephemeral=1\n" + basic},
		{"X1 another helper's state",
			"capability[]=state\nstate[]=other:1:abc\n",
			"capability[]=state\n" + basic + first},
		{"X1 two of ours count as none",
			"capability[]=state\nstate[]=idcs:1:aaaaaaaaaaaaaaaa\nstate[]=idcs:1:bbbbbbbbbbbbbbbb\n",
			"capability[]=state\n" + basic + first},
		{"X2 the second answer forces nothing and never asks to come back",
			"capability[]=state\nstate[]=idcs:1:aaaaaaaaaaaaaaaa\n",
			basic},
		{"X2 a state of another version is ours all the same",
			"capability[]=state\nstate[]=idcs:2:aaaaaaaaaaaaaaaa\n",
			basic},
		{"X4 Negotiate",
			"capability[]=state\nwwwauth[]=negotiate\n", basic},
		{"X4 NTLM",
			"capability[]=state\nwwwauth[]=Basic realm=\"x\"\nwwwauth[]=NTLM\n", basic},
	} {
		t.Run(c.name, func(t *testing.T) {
			source, err := helpertest.Parse(listed)
			if err != nil {
				t.Fatal(err)
			}
			call := helpers.Call{Args: []string{"get"}, Stdin: strings.NewReader(request1 + c.attributes)}
			got := helpertest.Run(t.Context(), Helper, call, func() (helpers.Source, error) { return source, nil })
			if got.Stdout != c.stdout {
				t.Errorf("got\n%swant\n%s", got.Stdout, c.stdout)
			}
			if got := source.Queries[0].Suspect; got != "" {
				t.Errorf("Suspect: %q would force a refresh", got)
			}
		})
	}
	t.Run("2.46 capability", func(t *testing.T) {
		got := helpertest.Run(t.Context(), Helper, helpers.Call{Args: []string{"capability"}}, nil)
		if want := "version 0\ncapability authtype\ncapability state\n"; got.Stdout != want {
			t.Errorf("got %q, want %q", got.Stdout, want)
		}
	})
}
