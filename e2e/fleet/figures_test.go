//go:build linux

package fleet

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// F4, F5, F6, F8: TestFigures measures for `go run ./bench/fleet`. It asserts counts; times are for who reads them.
func TestFigures(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("CREDENTIAL_IDCS_FLEET"))
	if err != nil {
		t.Skip("only for go run ./bench/fleet")
	}
	const life = 150 * time.Second
	var tables strings.Builder
	for i := range n {
		tables.WriteString(publishing("team-a", fmt.Sprintf("pull-%d", i), "docker", `targets = ["https://registry.example.com:5000"]`))
	}
	ca, err := idcstest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	api := cluster.New(t, ca)
	api.Serve(cluster.Nobody)
	s := newStage(t, api, "", idcstest.Options{AccessTTL: life, Rotation: idcstest.StrictRevoke, TokenSize: 4500}, "refresh_token", tables.String())
	s.install("team-a")
	uids := s.uids()
	s.login()
	figure := func(format string, args ...any) { t.Logf("figure: "+format, args...) }

	all := []*replica{s.replica("replica-1", ""), s.replica("replica-2", "")} // with the default Lease
	var r *replica
	s.until("a leader", func() bool { r = leader(all); return r != nil })
	other := all[0]
	if other == r {
		other = all[1]
	}
	fresh := func(r *replica) bool {
		return r.metric(`credential_idcs_secrets{profile="ci",state="fresh"}`) == strconv.Itoa(n)
	}
	s.until("all Secrets are filled", func() bool { return fresh(r) })

	// The next refresh: a Secret costs one request then.
	before := s.state().Generation
	s.grown(before + 1)
	begun := time.Now()
	s.until("all Secrets hold the next token", func() bool { return fresh(r) && r.metric("credential_idcs_publish_seconds_count") != "0" })
	figure("spread: %d Secrets hold a new token %s s after its save (%s s by the metric)", n, short(time.Since(begun)), r.metric("credential_idcs_publish_seconds_sum"))

	// Quiet.
	quiet := 20 * time.Second
	requests := s.requests()
	time.Sleep(quiet) // what is measured is that nothing happens
	figure("quiet: %.1f requests/s for %d Secrets, leader and one that waits", float64(s.requests()-requests)/quiet.Seconds(), n)
	figure("memory: leader %s MiB, the other %s MiB RSS", rss(r), rss(other))

	// TERM, and then KILL.
	next := other
	begun = time.Now()
	r.signal(syscall.SIGTERM)
	s.until("the other leads", func() bool { return next.metric("credential_idcs_leader") == "1" })
	figure("take-over: %s s after TERM", short(time.Since(begun)))
	r.ends()
	writes := s.updates()
	generation := s.state().Generation
	s.until("the other has looked at all", func() bool { return fresh(next) })
	if got := s.updates() - writes; s.state().Generation == generation && got > 0 {
		t.Errorf("a new leader wrote %d Secrets that were current", got)
	}
	third := s.replica("third", "")
	s.until("the third looks at the Lease", func() bool { return third.probe("/readyz") == 200 })
	begun = time.Now()
	next.kill()
	s.until("the third leads", func() bool { return third.metric("credential_idcs_leader") == "1" })
	figure("take-over: %s s after KILL", short(time.Since(begun)))
	s.grown(generation + 1)
	s.until("all Secrets are filled", func() bool { return fresh(third) })

	if got, want := s.presentations(), int(s.state().Generation); got < want || got > want+1 {
		t.Errorf("%d presentations for %d generations", got, want)
	}
	for name, uid := range s.uids() {
		if uids[name] != uid {
			t.Errorf("%s was made anew", name)
		}
	}
	figure("presentations: %d for %d generations; all UIDs unchanged", s.presentations(), s.state().Generation)
}

func short(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()) }

// rss is a process's resident memory.
func rss(r *replica) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	if err != nil {
		return "?"
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kib, _ := strconv.Atoi(f[1])
			return strconv.Itoa(kib >> 10)
		}
	}
	return "?"
}

// uids are those of the published Secrets.
func (s *stage) uids() map[string]string {
	s.t.Helper()
	var list struct {
		Items []struct {
			Metadata struct{ Name, UID string }
		}
	}
	s.api.Get(s.t, "/api/v1/namespaces/team-a/secrets", &list)
	m := map[string]string{}
	for _, i := range list.Items {
		m[i.Metadata.Name] = i.Metadata.UID
	}
	return m
}

// requests is how many requests about Secrets and Leases the API server has answered.
func (s *stage) requests() int { return s.counted("") }

// updates is how many of them updated a Secret.
func (s *stage) updates() int { return s.counted(`verb="PUT"`) }

func (s *stage) counted(with string) (n int) {
	for line := range strings.Lines(s.kubectl("", "get", "--raw", "/metrics")) {
		ours := strings.Contains(line, `resource="secrets"`) || with == "" && strings.Contains(line, `resource="leases"`)
		if !strings.HasPrefix(line, "apiserver_request_total{") || !ours || !strings.Contains(line, with) {
			continue
		}
		v, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:len(line)-1], 64)
		if err == nil {
			n += int(v)
		}
	}
	return n
}
