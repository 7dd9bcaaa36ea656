// Command fleet measures credential-idcs-controller on a real API server and etcd: how fast a token
// reaches many Secrets, how soon another replica takes over, what it costs while nothing happens.
//
//	go run ./bench/fleet [-secrets 1000]
//
// It runs TestFigures of e2e/fleet, which has the servers, and prints its lines.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

func main() {
	secrets := flag.Int("secrets", 1000, "how many Secrets hold the token")
	flag.Parse()
	cmd := exec.Command("go", "test", "./e2e/fleet", "-run", "^TestFigures$", "-count", "1", "-v", "-timeout", "30m")
	cmd.Env = append(os.Environ(), "CREDENTIAL_IDCS_FLEET="+strconv.Itoa(*secrets))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
	var all strings.Builder
	in := bufio.NewScanner(out)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		fmt.Fprintln(&all, in.Text())
		if _, figure, ok := strings.Cut(in.Text(), "figure: "); ok {
			fmt.Println(figure)
		}
	}
	if err := cmd.Wait(); err != nil {
		fmt.Fprint(os.Stderr, all.String())
		os.Exit(1)
	}
	if strings.Contains(all.String(), "--- SKIP") {
		fmt.Fprint(os.Stderr, all.String())
		os.Exit(1)
	}
}
