// Command bench measures what the program costs its callers, beside its peers.
//
//	go run ./bench [-rounds 200] [-only hit,kinds,burst,wait,e2e,refresh,growth] [-readme FILE] [-json FILE] [-offline]
//
// It prints the Markdown that docs/performance.md quotes; -readme FILE writes it there, between its two comments.
// It builds the program as install.sh does, logs in at a domain of its own on loopback, and gets the
// peers by `go install` at the versions in peers.go (-offline: only what is there already). A peer that
// isn't installed is a row that says so, and none is timed before it has printed the expected secret.
//
// Candidates run in turn, one process a sample, in an order drawn for each round, since the speed of a shared
// machine drifts. Each figure is a median. CPU time and page faults are the kernel's own account of the ended
// process; CPU time is divided by that of a bare Go program in the same round, which is what carries over to
// other machines. All binaries are copies.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/credential-idcs/credential-idcs/bench/lab"
)

func main() {
	rounds := flag.Int("rounds", 200, "samples of each candidate")
	only := flag.String("only", "", "what to measure, separated by commas; empty: all")
	readme := flag.String("readme", "", "also write it between the comments of this file")
	figures := flag.String("json", "", "also write the figures to this file")
	offline := flag.Bool("offline", false, "install no peers")
	flag.Parse()
	if err := run(*rounds, *only, *readme, *figures, *offline); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A bench is one run.
type bench struct {
	ctx     context.Context // ends with an interrupt: then what was started is ended too
	dir     string
	bin     lab.Programs
	rounds  int
	offline bool
	out     io.Writer
	figures map[string]any
}

// sections are what can be measured, in the order of the output.
var sections = []struct {
	name string
	run  func(*bench) error
}{
	{"hit", (*bench).hits},
	{"kinds", (*bench).kinds},
	{"burst", (*bench).bursts},
	{"wait", (*bench).waits},
	{"e2e", (*bench).operations},
	{"refresh", (*bench).refreshes},
	{"growth", (*bench).growth},
}

func run(rounds int, only, readme, figures string, offline bool) error {
	if readme != "" && only != "" {
		return errors.New("-readme wants all sections, not -only some")
	}
	dir, err := os.MkdirTemp("", "credential-idcs-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bin, err := lab.Build(dir, ".")
	if err != nil {
		return err
	}
	var out bytes.Buffer
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b := &bench{ctx: ctx, dir: dir, bin: bin, rounds: rounds, offline: offline, figures: map[string]any{}, out: io.MultiWriter(&out, os.Stdout)}
	before := load()
	for _, s := range sections {
		if only != "" && !strings.Contains(","+only+",", ","+s.name+",") {
			continue
		}
		if err := s.run(b); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	fmt.Fprintln(b.out, circumstances(rounds, before, load()))
	if figures != "" {
		text, err := json.MarshalIndent(b.figures, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(figures, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	if readme == "" {
		return nil
	}
	return quote(readme, out.String())
}

// lab makes another folder with a login.
func (b *bench) lab(o lab.Options) (*lab.Lab, error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	return lab.New(dir, b.bin, o)
}

func (b *bench) folder() (string, error) { return os.MkdirTemp(b.dir, "lab-") }

// printf writes a line of the output.
func (b *bench) printf(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

// The comments of docs/performance.md between which the output is.
const (
	quoteBegin = "<!-- go run ./bench -readme docs/performance.md -->\n"
	quoteEnd   = "<!-- the end of what it wrote -->\n"
)

// quote puts text between the comments of a file.
func quote(file, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, rest, begins := strings.Cut(string(old), quoteBegin)
	_, tail, ends := strings.Cut(rest, quoteEnd)
	if !begins || !ends {
		return fmt.Errorf("%s has no place for it", filepath.Base(file))
	}
	return os.WriteFile(file, []byte(head+quoteBegin+"\n"+text+"\n"+quoteEnd+tail), 0o644)
}
