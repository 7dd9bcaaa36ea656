// Command bench measures what the program costs its callers, beside a bare Go program and beside those
// of its peers that are on PATH.
//
//	go run ./bench [-rounds 200] [-only hit,burst,growth,refresh] [-json FILE]
//
// It prints Markdown. Candidates run in turn, one process a sample, and who starts rotates, since the
// speed of a shared machine drifts; each figure is a median, and CPU time is divided by that of the
// bare program in the same round. CPU time and page faults are the kernel's own account of the finished
// process.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/credential-idcs/credential-idcs/bench/lab"
)

func main() {
	rounds := flag.Int("rounds", 200, "samples of each candidate")
	only := flag.String("only", "hit,burst,growth,refresh", "what to measure")
	file := flag.String("json", "", "also write the figures to this file")
	flag.Parse()
	if err := run(*rounds, strings.Split(*only, ","), *file); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(rounds int, only []string, file string) error {
	dir, err := os.MkdirTemp("", "credential-idcs-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l, err := lab.New(dir, ".", 1)
	if err != nil {
		return err
	}
	defer l.Close()
	preamble()
	figures := map[string]any{}
	for _, part := range only {
		var err error
		switch part {
		case "hit":
			figures[part], err = hits(l, rounds)
		case "burst":
			figures[part], err = bursts(l, max(3, rounds/20))
		case "growth":
			figures[part], err = growth(max(11, rounds/4))
		case "refresh":
			figures[part], err = refreshes(l, max(5, rounds/10))
		default:
			return fmt.Errorf("there is nothing called %q to measure", part)
		}
		if err != nil {
			return err
		}
	}
	if file == "" {
		return nil
	}
	b, err := json.MarshalIndent(figures, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

func preamble() {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("%s, %s %s/%s, %d cores, load %s, commit %s\n\n", time.Now().UTC().Format("2006-01-02"),
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), strings.TrimSpace(string(load)), commit)
}

// A figure is a candidate's medians.
type figure struct {
	Name   string  `json:"name"`
	CPU    float64 `json:"cpu_ms"`
	Wall   float64 `json:"wall_ms"`
	Hello  float64 `json:"times_hello"`
	Faults int64   `json:"faults"`
}

// hits measures a cached answer of each protocol, and the peers that are installed.
func hits(l *lab.Lab, rounds int) ([]figure, error) {
	tasks := l.Tasks()
	for _, p := range peers(l) {
		if err := l.Check(p); err != nil {
			fmt.Printf("%s: not measured, %v\n", p.Name, err)
			continue
		}
		tasks = append(tasks, p)
	}
	samples := make([][]lab.Cost, len(tasks))
	ratios := make([][]float64, len(tasks))
	for i, t := range tasks {
		if err := l.Check(t); err != nil {
			return nil, err
		}
		samples[i] = make([]lab.Cost, 0, rounds)
	}
	for round := range rounds {
		costs := make([]lab.Cost, len(tasks))
		for i := range tasks {
			n := (i + round) % len(tasks)
			c, err := l.Run(tasks[n])
			if err != nil {
				return nil, err
			}
			costs[n] = c
		}
		for n, c := range costs {
			samples[n] = append(samples[n], c)
			ratios[n] = append(ratios[n], float64(c.CPU)/float64(costs[0].CPU))
		}
	}
	fmt.Printf("| %d rounds | CPU ms | × hello | wall ms | page faults |\n|---|---|---|---|---|\n", rounds)
	var out []figure
	for n, t := range tasks {
		f := figure{Name: t.Name, Hello: median(ratios[n])}
		f.CPU = ms(medianOf(samples[n], func(c lab.Cost) time.Duration { return c.CPU }))
		f.Wall = ms(medianOf(samples[n], func(c lab.Cost) time.Duration { return c.Wall }))
		f.Faults = medianOf(samples[n], func(c lab.Cost) int64 { return c.Faults })
		fmt.Printf("| %s | %.2f | %.2f | %.2f | %d |\n", f.Name, f.CPU, f.Hello, f.Wall, f.Faults)
		out = append(out, f)
	}
	fmt.Println()
	return out, nil
}

// peers are other credential helpers on PATH, with a credential of their own prepared.
func peers(l *lab.Lab) []lab.Task {
	var out []lab.Task
	if git, err := exec.LookPath("git"); err == nil {
		store := l.Dir + "/git-credentials"
		_ = os.WriteFile(store, []byte("https://ana:secret@git.example.com\n"), 0o600)
		path, err := exec.Command(git, "--exec-path").Output()
		if err == nil {
			out = append(out, lab.Task{
				Name:  "git-credential-store (C)",
				Args:  []string{strings.TrimSpace(string(path)) + "/git-credential-store", "--file=" + store, "get"},
				Stdin: "protocol=https\nhost=git.example.com\n\n", Want: "password=secret",
			})
		}
	}
	if sh, err := exec.LookPath("jq"); err == nil {
		_ = os.WriteFile(l.Dir+"/token.txt", []byte(`{"access_token":"secret"}`), 0o600)
		out = append(out, lab.Task{
			Name: "sh with one jq", Args: []string{"/bin/sh", "-c", "cat >/dev/null; printf 'password=%s\\n' \"$(" + sh + " -r .access_token " + l.Dir + "/token.txt)\""},
			Stdin: "protocol=https\nhost=git.example.com\n\n", Want: "password=secret",
		})
	}
	return out
}

// bursts measures 64 processes at once, until the last has ended.
func bursts(l *lab.Lab, rounds int) (map[string]float64, error) {
	const crowd = 64
	out := map[string]float64{}
	fmt.Printf("| %d at once, %d rounds | wall ms |\n|---|---|\n", crowd, rounds)
	for _, t := range l.Tasks() {
		if t.Name != "hello" && t.Name != "version" && t.Name != "git get" {
			continue
		}
		var walls []time.Duration
		for range rounds {
			var wg sync.WaitGroup
			errs := make(chan error, crowd)
			begun := time.Now()
			for range crowd {
				wg.Go(func() {
					if _, err := l.Run(t); err != nil {
						errs <- err
					}
				})
			}
			wg.Wait()
			walls = append(walls, time.Since(begun))
			if len(errs) > 0 {
				return nil, <-errs
			}
		}
		out[t.Name] = ms(median(walls))
		fmt.Printf("| %s | %.0f |\n", t.Name, out[t.Name])
	}
	fmt.Println()
	return out, nil
}

// growth measures the answer of the last of many profiles.
func growth(rounds int) (map[int]float64, error) {
	out := map[int]float64{}
	fmt.Printf("| profiles in the configuration, %d rounds | CPU ms |\n|---|---|\n", rounds)
	for _, n := range []int{1, 10, 100, 1000} {
		dir, err := os.MkdirTemp("", "credential-idcs-bench-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		l, err := lab.New(dir, ".", n)
		if err != nil {
			return nil, err
		}
		var costs []lab.Cost
		for range rounds {
			c, err := l.Run(l.Tasks()[2])
			if err != nil {
				return nil, err
			}
			costs = append(costs, c)
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		out[n] = ms(medianOf(costs, func(c lab.Cost) time.Duration { return c.CPU }))
		fmt.Printf("| %d | %.2f |\n", n, out[n])
	}
	fmt.Println()
	return out, nil
}

// refreshes measures a forced refresh against the domain on loopback.
func refreshes(l *lab.Lab, rounds int) (figure, error) {
	task := lab.Task{Name: "refresh, with ca_file", Args: []string{l.Binary, "refresh", "work"}}
	var costs []lab.Cost
	before := l.Domain.Posts("refresh_token")
	for range rounds {
		c, err := l.Run(task)
		if err != nil {
			return figure{}, err
		}
		costs = append(costs, c)
	}
	f := figure{
		Name: task.Name,
		CPU:  ms(medianOf(costs, func(c lab.Cost) time.Duration { return c.CPU })),
		Wall: ms(medianOf(costs, func(c lab.Cost) time.Duration { return c.Wall })),
	}
	requests := float64(l.Domain.Posts("refresh_token")-before) / float64(rounds)
	fmt.Printf("| %d rounds | CPU ms | wall ms | requests |\n|---|---|---|---|\n| %s | %.2f | %.2f | %.2f |\n\n", rounds, f.Name, f.CPU, f.Wall, requests)
	return f, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func medianOf[T int64 | time.Duration](costs []lab.Cost, of func(lab.Cost) T) T {
	all := make([]T, 0, len(costs))
	for _, c := range costs {
		all = append(all, of(c))
	}
	return median(all)
}

func median[T int64 | time.Duration | float64](all []T) T {
	slices.Sort(all)
	return all[len(all)/2]
}
