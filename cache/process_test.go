//go:build unix

package cache

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// Processes, not goroutines, prove locks: the test binary runs itself. A job tells it what to be.
type job struct {
	Dir, URL  string
	Op        string // "token", "login", "logout", "drop", "exchange", "seal"
	Key       Key
	Query     Query
	Secret    string        // of drop and exchange
	Seal      string        // of new tokens
	Grant     bool          // the profile's login needs no person
	Wait      time.Duration // instead of 15 s
	Rounds    int           // 0: once
	Connected string        // a fifo that is written to between connecting and sending, and read from
	Dies      int           // it is killed before the first question to a store of keys, after it, before the second …; 0: it isn't
	Asked     time.Duration // what each failure asks for as its pause
}

// A said is what a process printed.
type said struct {
	Access, Error, Kind string
	Pid                 int
	Warnings            int
}

func TestMain(m *testing.M) {
	if text := os.Getenv("CACHE_TEST_JOB"); text != "" {
		var j job
		if err := json.Unmarshal([]byte(text), &j); err != nil {
			panic(err)
		}
		os.Exit(j.run())
	}
	os.Exit(m.Run())
}

// run is the life of a process: it waits for the barrier, does its job and says what came of it.
func (j job) run() int {
	_, _ = io.Copy(io.Discard, os.NewFile(3, "barrier"))
	var last int
	for range max(1, j.Rounds) {
		var s said
		s, last = j.once()
		_ = json.NewEncoder(os.Stdout).Encode(s)
	}
	return last
}

func (j job) once() (said, int) {
	ctx := context.Background()
	sys := NewSystem().Sealed(j.Seal, 0, nil)
	if _, err := os.Stat(j.Dir + ".keys"); err == nil {
		sys.Keys = shelvesOf(j.Dir)
	}
	if j.Dies > 0 {
		sys.Keys = deadly(sys.Keys, j.Dies)
	}
	d, err := Open(j.Dir, sys)
	if err != nil {
		return heard(Result{}, err), 1
	}
	if j.Wait != 0 {
		d.waits.expired, d.waits.hard = j.Wait, min(j.Wait, d.waits.hard)
	}
	r := renewal(j.URL)
	if refresh := r.Refresh; j.Asked != 0 {
		r.Refresh = func(ctx context.Context, old Token, a Attempt) (Token, *Refusal) {
			t, refusal := refresh(ctx, old, a)
			if refusal != nil {
				refusal.RetryAfter = j.Asked
			}
			return t, refusal
		}
	}
	if j.Grant {
		r.Grant = func(ctx context.Context, a Attempt) (Token, *Refusal) { return post(ctx, j.URL, "/login", "", a) }
	}
	if j.Connected != "" {
		refresh := r.Refresh
		r.Refresh = func(ctx context.Context, old Token, a Attempt) (Token, *Refusal) {
			gate := Attempt{Connect: a.Connect, Sending: func() error {
				_ = os.WriteFile(j.Connected, []byte("connected"), 0)
				_, _ = os.ReadFile(j.Connected)
				return a.Sending()
			}}
			return refresh(ctx, old, gate)
		}
	}
	var res Result
	switch j.Op {
	case "token":
		res, err = d.Token(ctx, j.Key, j.Query, r)
	case "login":
		res, err = d.Login(ctx, j.Key, func(ctx context.Context, a Attempt) (Token, *Refusal) { return post(ctx, j.URL, "/login", "", a) })
	case "exchange":
		res, err = d.Exchange(ctx, j.Key, text(j.Secret), r)
	case "seal":
		_, err = d.Reseal(ctx, j.Key)
	case "drop":
		err = d.Drop(ctx, j.Key, text(j.Secret))
	case "logout":
		err = d.Logout(ctx, j.Key, func(context.Context, secret.Text, time.Duration) error { return nil })
	}
	s := heard(res, err)
	if end, ok := errors.AsType[*SignalError](err); ok {
		return s, 128 + end.Number
	}
	if err != nil {
		return s, 1
	}
	return s, 0
}

func heard(r Result, err error) said {
	s := said{Access: r.Token.Access.Reveal(), Warnings: len(r.Warnings)}
	if err == nil {
		return s
	}
	s.Error = err.Error()
	switch e := err.(type) {
	case *BusyError:
		s.Kind, s.Pid = "busy", e.Pid
	case *SpentError:
		s.Kind = "spent"
		if e.Interrupted != nil {
			s.Kind, s.Pid = "interrupted", e.Interrupted.Pid
		}
	case *Failure:
		s.Kind = "failure"
	case *FolderError:
		s.Kind = "folder"
	case *SealedError:
		if s.Kind = "locked"; e.Lost {
			s.Kind = "lost"
		}
	case *NewerError:
		s.Kind = "newer"
	case *DamagedError:
		s.Kind = "damaged"
	case *SignalError:
		s.Kind = "signal"
	}
	return s
}

// A process is one that was started.
type process struct {
	*exec.Cmd
	t        *testing.T
	out, err bytes.Buffer
	barrier  *os.File
}

// start starts the process, which waits at its barrier. wrap is a command that is put before it.
func (j job) start(t *testing.T, wrap ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	args := append(wrap, self)
	p := &process{Cmd: exec.Command(args[0], args[1:]...), t: t}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.barrier = write
	p.Env = append(os.Environ(), "CACHE_TEST_JOB="+string(text))
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell does; a stop has no effect in an orphaned group
	p.ExtraFiles = []*os.File{read}
	p.Stdout, p.Stderr = &p.out, &p.err
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	read.Close()
	t.Cleanup(func() {
		write.Close()
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
	})
	return p
}

// release opens the barrier.
func (p *process) release() *process { p.barrier.Close(); return p }

// ends waits for the end and returns what was printed, line by line, and the exit status.
func (p *process) ends() ([]said, int) {
	p.t.Helper()
	_ = p.Wait()
	var all []said
	dec := json.NewDecoder(&p.out)
	for {
		var s said
		if err := dec.Decode(&s); err == io.EOF {
			break
		} else if err != nil {
			p.t.Fatalf("%v; stderr: %s", err, p.err.String())
		}
		all = append(all, s)
	}
	return all, p.ProcessState.ExitCode()
}

// says is ends for a process that does its job once.
func (p *process) says() said {
	p.t.Helper()
	all, _ := p.ends()
	if len(all) != 1 {
		p.t.Fatalf("%d lines of output; stderr: %s", len(all), p.err.String())
	}
	return all[0]
}

// crowd starts n processes and releases them together.
func (j job) crowd(t *testing.T, n int) []*process {
	t.Helper()
	all := make([]*process, n)
	for i := range all {
		all[i] = j.start(t)
	}
	for _, p := range all {
		p.release()
	}
	return all
}
