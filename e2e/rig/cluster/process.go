//go:build linux

package cluster

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// A process is a server's. Its working directory is a private folder, where its log lies too.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
}

// run starts a program that ends with the test. If the test binary ends without that, killed or in a
// panic, the kernel kills it: Pdeathsig goes by the thread that started it, and Go keeps its threads.
func run(t testing.TB, dir, program string, words ...string) *process {
	t.Helper()
	p := &process{name: filepath.Base(program), done: make(chan struct{})}
	p.log = filepath.Join(dir, p.name+".log")
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.cmd = exec.Command(program, words...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, log, log
	p.cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // it says "killed", by us
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // there is nothing to save; it may have ended by itself
		<-p.done
		if t.Failed() {
			t.Logf("the end of %s's log:\n%s", p.name, p.tail())
		}
	})
	return p
}

// ended reports whether it has ended by itself.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// tail is the end of the log.
func (p *process) tail() string {
	const lines = 40
	b, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	all := bytes.SplitAfter(b, []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], nil))
}
