package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/built"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/e2e/rig/sources"
	"github.com/google/go-cmp/cmp"
)

// The transcript of docs/demo.md is what the demo prints, but for ports and times. Every step of the demo
// judges itself, so a run without an error is the main job done: git, docker and kubectl, real ones,
// served from the cache, and one refresh for three at the same moment.
func TestDemoPrintsItsTranscript(t *testing.T) {
	for _, tool := range []string{"git", "docker", "kubectl"} {
		need.Tool(t, tool)
	}
	t.Parallel()
	bin := build(t)
	var out bytes.Buffer
	// No engine, so that the transcript is the same on all machines.
	err := run(t.Context(), demo{bin: bin, dockerHost: "unix://" + t.TempDir() + "/none", out: &out})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	page, err := os.ReadFile(transcriptPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(page), begin)
	want, after, found := strings.Cut(rest, end)
	if !found {
		t.Fatalf("docs/demo.md has no block between %q and %q", begin, end)
	}
	if *update {
		if err := os.WriteFile(transcriptPage, []byte(before+begin+samePorts(out.String())+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(lines(normal(want)), lines(normal(out.String()))); diff != "" {
		t.Errorf("docs/demo.md (-) is not what the demo prints (+); go test ./e2e/demo -update writes it anew:\n%s", diff)
	}
}

const transcriptPage = "../../docs/demo.md"

// What is around the transcript in the page.
const (
	begin = "<!-- the demo's transcript -->\n```console\n$ ./install.sh --demo\n"
	end   = "```\n"
)

var update = flag.Bool("update", false, "write what the demo prints into docs/demo.md, and the recording")

func lines(s string) []string { return strings.Split(s, "\n") }

// Where an engine answers, `docker login` without a name and a password is a part of the demo: docker
// asks the helper, and the engine tries the token at the registry.
func TestDemoLogsDockerInWhereAnEngineAnswers(t *testing.T) {
	for _, tool := range []string{"git", "docker", "dockerd"} {
		need.Tool(t, tool)
	}
	if os.Geteuid() != 0 {
		t.Skip("dockerd needs root")
	}
	t.Parallel()
	engine, err := servers.StartEngine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	var out bytes.Buffer
	if err := run(t.Context(), demo{bin: build(t), dockerHost: engine.Host, out: &out}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if !strings.Contains(out.String(), "\n$ docker login 127.0.0.1:") {
		t.Errorf("no docker login:\n%s", out.String())
	}
}

// Interrupted while it waits, the demo ends, says so and leaves no file behind.
func TestDemoLeavesNothingWhenInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such signal")
	}
	need.Tool(t, "git")
	t.Parallel()
	bin := build(t)
	program := filepath.Join(t.TempDir(), "demo")
	if err := built.Package(runtime.GOOS, program, "e2e/demo"); err != nil {
		t.Fatal(err)
	}

	temp := t.TempDir()
	cmd := exec.CommandContext(t.Context(), program, bin)
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, "DOCKER_HOST=unix://"+temp+"/none")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, waiting := bufio.NewScanner(stdout), false
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "# waiting") {
			waiting = true
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !waiting || !errors.As(err, &exit) || exit.ExitCode() != 130 || stderr.String() != "demo: interrupted\n" {
		t.Errorf("waited: %v, %v, stderr %q", waiting, err, stderr.String())
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

// Without the program on PATH nothing can come out as it should, and the demo says what and fails.
func TestDemoFailsWhereSomethingIsWrong(t *testing.T) {
	need.Tool(t, "git")
	var out bytes.Buffer
	err := run(context.Background(), demo{bin: t.TempDir(), out: &out})
	if !errors.Is(err, errNotAsExpected) || !strings.Contains(out.String(), "!! NOT AS EXPECTED") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// build builds the program with its links into a folder, as install.sh does for the demo.
func build(t *testing.T) string {
	t.Helper()
	if err := sources.Look(); err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := built.Program(runtime.GOOS, filepath.Join(bin, "credential-idcs")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"git-credential-idcs", "docker-credential-idcs", "kubectl-idcs"} {
		if err := os.Symlink("credential-idcs", filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

var (
	address  = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	duration = regexp.MustCompile(`\b\d+(h|m|s)( ?\d+(m|s))*\b`)
	moment   = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)?`)
	spaces   = regexp.MustCompile(` {2,}`)
)

// normal replaces what differs from run to run: ports, times, and the width of the columns that hold
// them.
func normal(transcript string) string {
	transcript = moment.ReplaceAllString(samePorts(transcript), "TIME")
	transcript = duration.ReplaceAllString(transcript, "DURATION")
	return spaces.ReplaceAllString(transcript, "  ")
}

// samePorts numbers the ports in the order of their first appearance, from 40001.
func samePorts(transcript string) string {
	ports := map[string]string{}
	return address.ReplaceAllStringFunc(transcript, func(a string) string {
		if ports[a] == "" {
			ports[a] = "127.0.0.1:" + strconv.Itoa(40001+len(ports))
		}
		return ports[a]
	})
}
