package helpertest

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// Transcripts runs the cases of testdata/*.txtar. A file begins with the targets (see Parse). Each case follows with
// its name and its streams; a stream that is left out is empty:
//
//	-- targets --
//	https://git.example.com user=ana
//	-- G10 a user name and a password --
//	get
//	-- stdin --
//	protocol=https
//	host=git.example.com
//	-- stdout --
//	username=ana
//	…
//	-- stderr --
//	-- exit --
//	0
//
// The first line of a case has its arguments. Each further line is "profile NAME", "env NAME=VALUE", "terminal",
// "config unusable" (Open fails), "stdin untouched" (reading it, or opening the configuration, is an error),
// "refused TOKEN" (the call must report it), "need SECONDS" (the call must ask for that) or "writes N" (to stdout;
// default 1). Instead of stdin there may be "stdin, no newline" (none behind the last line) or "stdin, quoted" (each
// line is a Go string without its quotes, without a line break between them).
func Transcripts(t *testing.T, h helpers.Helper) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			targets := ""
			for i := 0; i < len(ar.Files); {
				if ar.Files[i].Name == "targets" {
					targets = string(ar.Files[i].Data)
					i++
					continue
				}
				name, lines := ar.Files[i].Name, string(ar.Files[i].Data)
				streams := make(map[string]string)
				for i++; i < len(ar.Files) && slices.Contains(known, ar.Files[i].Name); i++ {
					streams[ar.Files[i].Name] = string(ar.Files[i].Data)
				}
				t.Run(name, func(t *testing.T) { runCase(t, h, targets, lines, streams) })
			}
		})
	}
}

var known = []string{"stdin", "stdin, no newline", "stdin, quoted", "stdout", "stderr", "exit"}

// A scene is what the lines of a case say: the call and what is expected of it beside its streams.
type scene struct {
	call      helpers.Call
	opened    error // what opening the configuration returns
	untouched bool
	refused   []string
	need      string // seconds; empty: any
	writes    int
}

func readScene(t *testing.T, lines string) scene {
	env := make(map[string]string)
	s := scene{writes: 1, call: helpers.Call{
		Module: "example.com/module", Version: func() string { return "v1.2.3" },
		Getenv: func(key string) string { return env[key] },
	}}
	args, rest, _ := strings.Cut(lines, "\n")
	s.call.Args = strings.Fields(args)
	for line := range strings.Lines(rest) {
		word, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch word {
		case "profile":
			s.call.Profile = value
		case "env":
			k, v, _ := strings.Cut(value, "=")
			env[k] = v
		case "terminal":
			s.call.Terminal = true
		case "config":
			s.opened = &helpers.Failure{Class: helpers.Config, Message: `config.toml:12: a "mistake"`}
		case "stdin":
			s.untouched = true
		case "refused":
			s.refused = append(s.refused, value)
		case "need":
			s.need = value
		case "writes":
			n, err := strconv.Atoi(value)
			if err != nil {
				t.Fatal(err)
			}
			s.writes = n
		default:
			t.Fatalf("unknown line %q", line)
		}
	}
	return s
}

func runCase(t *testing.T, h helpers.Helper, targets, lines string, streams map[string]string) {
	source, err := Parse(targets)
	if err != nil {
		t.Fatal(err)
	}
	s := readScene(t, lines)
	s.call.Stdin = strings.NewReader(stdin(t, streams))
	open := func() (helpers.Source, error) { return source, s.opened }
	if s.untouched {
		s.call.Stdin = untouchable{t}
		open = func() (helpers.Source, error) {
			t.Error("the configuration was opened")
			return source, nil
		}
	}

	got := Run(context.Background(), h, s.call, open)
	want := Result{Stdout: streams["stdout"], Stderr: streams["stderr"], Writes: got.Writes}
	if status, ok := streams["exit"]; ok {
		if want.Exit, err = strconv.Atoi(strings.TrimSpace(status)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if wantWrites := min(s.writes, len(got.Stdout)); got.Writes != wantWrites {
		t.Errorf("stdout got %d writes, want %d", got.Writes, wantWrites)
	}
	if diff := cmp.Diff(s.refused, source.Refusals); diff != "" {
		t.Errorf("refused tokens, -want +got:\n%s", diff)
	}
	for _, query := range source.Queries {
		if s.need != "" && strconv.Itoa(int(query.Need.Seconds())) != s.need {
			t.Errorf("need: got %v, want %s s", query.Need, s.need)
		}
	}
	if s.need != "" && len(source.Queries) == 0 {
		t.Error("no credential was asked for")
	}
}

func stdin(t *testing.T, streams map[string]string) string {
	if s, ok := streams["stdin, no newline"]; ok {
		return strings.TrimSuffix(s, "\n")
	}
	if s, ok := streams["stdin, quoted"]; ok {
		var b strings.Builder
		for line := range strings.Lines(s) {
			part, err := strconv.Unquote(`"` + strings.TrimSuffix(line, "\n") + `"`)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			b.WriteString(part)
		}
		return b.String()
	}
	return streams["stdin"]
}

type untouchable struct{ t *testing.T }

func (u untouchable) Read([]byte) (int, error) {
	u.t.Error("stdin was read")
	return 0, errors.New("stdin was read")
}

var _ io.Reader = untouchable{}
