package helpers

import (
	"bufio"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// place is a host and a port in one spelling, whoever read them.
func place(t *testing.T, hostPort ...string) string {
	t.Helper()
	host, port := hostPort[0], hostPort[1]
	if a, err := netip.ParseAddr(host); err == nil {
		host = a.String()
	}
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(strings.ToLower(host), port)
}

// tool finds a program that a test holds us against.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing", name)
		}
		t.Skipf("%s is missing", name)
	}
	return path
}

func accepted() []string {
	var all []string
	for host, normal := range hosts {
		if normal != "" {
			all = append(all, host)
		}
	}
	slices.Sort(all)
	return all
}

// T7: git sends to its helpers what we take for the same place.
func TestGitReadsTheSame(t *testing.T) {
	git, home := tool(t, "git"), t.TempDir()
	said := filepath.Join(home, "said")
	for _, host := range accepted() {
		_ = os.Remove(said)
		cmd := exec.Command(git, "-c", "credential.helper=!f() { cat >said; echo username=a; echo password=b; }; f",
			"credential", "fill")
		cmd.Dir = home
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0"}
		cmd.Stdin = strings.NewReader("url=https://" + host + "/team/a.git\n\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", host, err, out)
			continue
		}
		b, err := os.ReadFile(said)
		if err != nil {
			t.Fatal(err)
		}
		attributes := make(map[string]string)
		for line := range strings.Lines(string(b)) {
			key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			attributes[key] = value
		}
		target, err := ParseGit(attributes["protocol"], attributes["host"], attributes["path"])
		if err != nil || target.HostPort() != hosts[host] {
			t.Errorf("%s: git says %q, which reads %v, %v", host, attributes, target, err)
		}
	}
}

// T7: curl, which is in git, connects to what we take for the same place. A proxy hears where.
func TestCurlReadsTheSame(t *testing.T) {
	curl := tool(t, "curl")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 1)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		defer close(heard)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			line, _ := bufio.NewReader(c).ReadString('\n')
			_, _ = c.Write([]byte("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
			_ = c.Close()
			heard <- line
		}
	}()
	for _, host := range accepted() {
		cmd := exec.Command(curl, "-q", "-s", "--globoff", "--noproxy", "", "-x", "http://"+l.Addr().String(), "https://"+host+"/team/a.git")
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
		if err := cmd.Run(); err == nil {
			t.Fatal("curl got through the proxy")
		} else if code := cmd.ProcessState.ExitCode(); code != 56 { // 56: CONNECT was refused
			t.Errorf("%s: curl ended with %d before it asked", host, code)
			continue
		}
		words := strings.Fields(<-heard)
		if len(words) != 3 || words[0] != "CONNECT" {
			t.Fatalf("%s: curl says %q", host, words)
		}
		got, err := ParseServer(words[1])
		if err != nil || got.HostPort() != hosts[host] {
			t.Errorf("%s: curl connects to %s", host, words[1])
		}
	}
}
