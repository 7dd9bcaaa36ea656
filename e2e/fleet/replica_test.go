//go:build linux

package fleet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// patience is the limit of a wait for what must come. Here seconds are limits, never promises.
const patience = 90 * time.Second

// token is one of the controller's own account, as a pod has it.
func (s *stage) token() string {
	s.t.Helper()
	return strings.TrimSpace(s.kubectl("", "-n", s.space(namespace), "create", "token", "credential-idcs-controller", "--duration", "24h"))
}

// quick are the flags of an election in seconds.
var quick = []string{"--lease-duration", "6s", "--renew-deadline", "4s", "--retry-period", "500ms"}

// A replica is a process with the rights of the controller's account.
type replica struct {
	s    *stage
	name string
	cmd  *exec.Cmd
	url  string // of its metrics
	done chan struct{}
	mu   sync.Mutex
	log  bytes.Buffer
	line chan struct{} // closed and made anew with each line of the log
}

// replica starts one. via, if not empty, is the way to the API server.
func (s *stage) replica(name, via string, flags ...string) *replica {
	s.t.Helper()
	if s.bearer == "" {
		s.bearer = s.token()
	}
	r := &replica{s: s, name: name, done: make(chan struct{}), line: make(chan struct{})}
	at := reserve(s.t, own())
	r.url = "http://" + at
	words := append([]string{
		"run", "--config", s.config, "--namespace", s.space(namespace), "--identity", name, "--listen", at,
		"--kubeconfig", s.api.Kubeconfig(s.whole, s.bearer, via),
	}, flags...)
	r.cmd = exec.Command(program, words...)
	r.cmd.Env = append([]string{"HOME=" + s.folder}, s.env...)
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := r.cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		r.read(out)
	}()
	go func() {
		<-read
		_ = r.cmd.Wait()
		close(r.done)
	}()
	s.whole.Cleanup(func() {
		_ = r.cmd.Process.Signal(syscall.SIGCONT)
		_ = r.cmd.Process.Kill()
		<-r.done
		if s.whole.Failed() {
			s.whole.Logf("the log of %s:\n%s", r.name, r.text())
		}
	})
	return r
}

func (r *replica) read(out io.Reader) {
	in := bufio.NewScanner(out)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		r.mu.Lock()
		r.log.Write(in.Bytes())
		r.log.WriteByte('\n')
		close(r.line)
		r.line = make(chan struct{})
		r.mu.Unlock()
	}
}

func (r *replica) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// count is how many lines of the log hold a text.
func (r *replica) count(what string) int { return strings.Count(r.text(), what) }

// await waits for a text in the log.
func (r *replica) await(what string) {
	r.s.t.Helper()
	timeout := time.After(patience)
	for {
		r.mu.Lock()
		found, line := strings.Contains(r.log.String(), what), r.line
		r.mu.Unlock()
		if found {
			return
		}
		select {
		case <-line:
		case <-r.done:
			r.s.t.Fatalf("%s ended without saying %q:\n%s", r.name, what, r.text())
		case <-timeout:
			r.s.t.Fatalf("%s doesn't say %q:\n%s", r.name, what, r.text())
		}
	}
}

func (r *replica) signal(sig syscall.Signal) {
	r.s.t.Helper()
	if err := r.cmd.Process.Signal(sig); err != nil {
		r.s.t.Fatal(err)
	}
}

// ends waits for the end of the process and returns its exit status.
func (r *replica) ends() int {
	r.s.t.Helper()
	select {
	case <-r.done:
		return r.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		r.s.t.Fatalf("%s doesn't end:\n%s", r.name, r.text())
		return -1
	}
}

// kill kills it and tells the domain.
func (r *replica) kill() {
	r.s.t.Helper()
	r.signal(syscall.SIGKILL)
	<-r.done
	if r.s.domain != nil {
		r.s.domain.Killed()
	}
}

// metric is a sample of its metrics; "" if there is none.
func (r *replica) metric(name string) string {
	r.s.t.Helper()
	resp, err := http.Get(r.url + "/metrics")
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

func (r *replica) probe(path string) int {
	resp, err := http.Get(r.url + path)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// until waits for a condition that nobody tells of.
func (s *stage) until(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// grown waits for a generation.
func (s *stage) grown(generation int64) {
	s.t.Helper()
	s.until(fmt.Sprintf("generation %d", generation), func() bool { return s.state().Generation >= generation })
}

// login is an administrator's login with a refresh token.
func (s *stage) login() {
	s.t.Helper()
	s.loginOf("ci", s.domain)
}

func (s *stage) loginOf(profile string, domain *idcstest.Server) {
	s.t.Helper()
	if err := s.tryLogin(profile, domain); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) tryLogin(profile string, domain *idcstest.Server) error {
	token := domain.NewLogin(domain.SecretClient.ID, "urn:opc:idm:__myscopes__ offline_access")
	if out, status := s.person(token+"\n", "login", profile, "--refresh-token-stdin"); status != 0 {
		return fmt.Errorf("login of %s: %d\n%s", profile, status, out)
	}
	return nil
}

// person runs a command of an administrator's.
func (s *stage) person(stdin string, words ...string) (out string, status int) {
	cmd := exec.Command(program, append(words, "--config", s.config, "--namespace", s.space(namespace), "--kubeconfig", s.admin)...)
	cmd.Env = append([]string{"HOME=" + s.folder}, s.env...)
	cmd.Stdin = strings.NewReader(stdin)
	b, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

// published is the token that a Secret of type docker holds for the registry.
func (s *stage) published(o secretObject) string {
	s.t.Helper()
	var config struct {
		Auths map[string]struct {
			Auth []byte `json:"auth"`
		} `json:"auths"`
	}
	if err := json.Unmarshal(o.Data[".dockerconfigjson"], &config); err != nil {
		s.t.Fatal(err)
	}
	_, token, _ := strings.Cut(string(config.Auths["registry.example.com:5000"].Auth), ":")
	return token
}

// presentations is how often refresh tokens were handed to the domain.
func (s *stage) presentations() int {
	return presentations(s.domain)
}

func presentations(domain *idcstest.Server) (n int) {
	for _, m := range domain.Counts().Presentations {
		n += m
	}
	return n
}
