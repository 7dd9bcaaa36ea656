package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// circumstances describes the machine and versions of the figures, in one paragraph.
func circumstances(rounds int, before, after string) string {
	commit := "unknown"
	if out, err := exec.Command("git", "describe", "--always", "--dirty").Output(); err == nil {
		commit = strings.TrimSpace(string(out))
	}
	text := fmt.Sprintf("`go run ./bench`, %s, on %s: %d cores, load %s before and %s after, %s, commit %s", time.Now().UTC().Format("2006-01-02"),
		runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU(), before, after, runtime.Version(), commit)
	for _, tool := range [][]string{{"git", "--version"}, {"kubectl", "version", "--client"}, {"docker", "--version"}} {
		if v := version(tool); v != "" {
			text += ", " + tool[0] + " " + v
		}
	}
	return text + fmt.Sprintf(".\nMedians of %d rounds (of the slow ones a part), in each of which all ran in turn; × is CPU time divided by that of a bare Go\n"+
		"program in the same round. Milliseconds differ from machine to machine and from hour to hour, × does much less.", rounds)
}

// version is what a tool prints as its version; empty if it isn't installed.
func version(tool []string) string {
	out, err := exec.Command(tool[0], tool[1:]...).Output()
	if err != nil {
		return ""
	}
	return versionNumber.FindString(string(out))
}

var versionNumber = regexp.MustCompile(`\d+\.\d+(\.\d+)?`)

// load is the load average of the last minute; "unknown" where the system doesn't tell.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	word, _, _ := strings.Cut(string(b), " ")
	return word
}
