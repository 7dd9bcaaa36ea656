package servers

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// An Engine is a docker engine of our own, beside whatever this machine has. It needs root.
type Engine struct {
	// Host is what DOCKER_HOST has to be.
	Host string

	cmd    *exec.Cmd
	log    bytes.Buffer // dockerd's; read only after it has ended
	folder string
	ended  chan error
}

// StartEngine starts dockerd without a network of its own: it logs in, pulls and pushes, and runs no
// containers. What it keeps lies in a new folder in the system's place for temporary files, because
// the path of a socket may have little more than a hundred bytes. under is a command that becomes
// dockerd, the last of its words; none: dockerd itself. It is up when StartEngine returns.
func StartEngine(ctx context.Context, under ...string) (*Engine, error) {
	folder, err := os.MkdirTemp("", "engine-")
	if err != nil {
		return nil, err
	}
	// An empty configuration keeps the machine's own away.
	config := filepath.Join(folder, "config.json")
	if err := os.WriteFile(config, []byte("{}\n"), 0o600); err != nil {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	socket := filepath.Join(folder, "sock")
	e := &Engine{Host: "unix://" + socket, folder: folder, ended: make(chan error, 1)}
	words := append(append([]string(nil), under...), "dockerd", "-H", e.Host,
		"--data-root", filepath.Join(folder, "data"), "--exec-root", filepath.Join(folder, "exec"),
		"-p", filepath.Join(folder, "pid"), "--config-file", config,
		"--storage-driver=vfs", "--bridge=none", "--iptables=false", "--ip6tables=false")
	e.cmd = exec.Command(words[0], words[1:]...)
	e.cmd.Stdout, e.cmd.Stderr = &e.log, &e.log
	// dockerd starts containerd, which holds the pipe of the log open if it is left behind.
	e.cmd.WaitDelay = 5 * time.Second
	if err := e.cmd.Start(); err != nil {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	go func() { e.ended <- e.cmd.Wait() }()
	up, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := e.answers(up, socket); err != nil {
		_ = e.Close()
		return nil, fmt.Errorf("dockerd: %w\n%s", err, e.log.String())
	}
	return e, nil
}

// answers returns when the engine answers, or when it never will.
func (e *Engine) answers(ctx context.Context, socket string) error {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	for {
		r, err := client.Get("http://engine/_ping")
		if err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-e.ended:
			e.ended <- err // Close waits for it too
			return fmt.Errorf("it ended: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Close ends the engine, and containerd with it, and removes its folder.
func (e *Engine) Close() error {
	_ = e.cmd.Process.Signal(os.Interrupt) // it may have ended by itself
	err := <-e.ended
	if e := os.RemoveAll(e.folder); err == nil {
		err = e
	}
	return err
}
