package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A bench holds one helper, and what is known of it.
type bench struct {
	command  []string
	env      []string    // nil: this process's
	keeps    bool        // it stores what it is given
	served   *credential // what a helper that doesn't store answers; nil: nothing
	mayErase bool        // and may lose it
	lacks    string      // a host that it has no credential for at the moment
	patience time.Duration

	secrets []string // that it has shown, or was given

	stored []func() // takes away what the rule at hand has stored
}

// A credential is what a helper keeps for one place.
type credential struct {
	protocol, host, path, username, secret string
}

// fresh is a credential that no helper has.
func fresh() credential {
	var b [12]byte
	_, _ = rand.Read(b[:]) // it never fails
	x := hex.EncodeToString(b[:])
	return credential{protocol: "https", host: "conformance-" + x[:12] + ".example", username: "ana", secret: "secret-" + x}
}

// nothingToServe is why most rules don't apply to a helper that has nothing.
const nothingToServe = notApplicable("needs a credential: -store or -url")

// clean erases what a rule has stored, whatever became of it.
func (b *bench) clean() {
	for _, erase := range b.stored {
		erase()
	}
	b.stored = nil
}

// A result is how one call ended.
type result struct {
	stdout, stderr string
	exit           int
}

// call runs the helper with one action.
func (b *bench) call(action, stdin string) (result, error) {
	return b.run(strings.NewReader(stdin), action)
}

// run runs the helper, without a terminal and for a limited time. An error is that it did not end by
// itself, or could not be started; its exit status is none.
func (b *bench) run(stdin io.Reader, args ...string) (result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), b.patience)
	defer cancel()
	words := append(append([]string(nil), b.command...), args...)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	cmd.Env = b.env
	detach(cmd)
	cmd.WaitDelay = time.Second // for a daemon that keeps our pipes
	err := cmd.Run()
	r := result{stdout: stdout.String(), stderr: stderr.String()}
	if ctx.Err() != nil {
		return r, fmt.Errorf("%s did not end within %v", strings.Join(args, " "), b.patience)
	}
	if state := cmd.ProcessState; state != nil {
		r.exit = state.ExitCode()
		if r.exit < 0 {
			return r, fmt.Errorf("%s crashed: %s", strings.Join(args, " "), state)
		}
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return r, err
	}
	return r, nil
}

// parallel asks the same 16 times at once.
func parallel(ask func() error) error {
	const n = 16
	ended := make(chan error)
	for range n {
		go func() { ended <- ask() }()
	}
	var err error
	for range n {
		if e := <-ended; e != nil {
			err = e
		}
	}
	return err
}

// silentExit asserts exit 0 and nothing on stderr; nor on stdout, where that has to be empty.
func (b *bench) silentExit(r result, stdout bool) error {
	switch {
	case r.exit != 0:
		return fmt.Errorf("exit status %d", r.exit)
	case stdout && r.stdout != "":
		return errors.New("something on stdout")
	case r.stderr != "":
		return fmt.Errorf("on stderr: %s", b.shown(r.stderr))
	}
	return nil
}

// open is a stdin that holds some text and whose end doesn't come, until end is called.
func open(text string) (stdin *os.File, end func(), err error) {
	stdin, keep, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	end = func() { _, _ = stdin.Close(), keep.Close() }
	if _, err := keep.WriteString(text); err != nil { // a pipe holds more than any of ours
		end()
		return nil, nil, err
	}
	return stdin, end, nil
}

// know keeps a secret out of the table.
func (b *bench) know(secret string) {
	if secret != "" {
		b.secrets = append(b.secrets, secret)
	}
}

// shown is what the helper printed, or was given, for the table: one short line without a secret.
func (b *bench) shown(s string) string {
	for _, secret := range b.secrets {
		s = strings.ReplaceAll(s, secret, "[the secret]")
	}
	if len(s) > 100 {
		s = s[:100] + "..."
	}
	return fmt.Sprintf("%q", s)
}
