// Conformance holds any credential helper to the protocol of git's or docker's helpers: a table of rules,
// each with its source, and what the helper makes of it.
//
//	go run ./e2e/conformance -protocol git -store ./git-credential-mine
//	go run ./e2e/conformance -protocol docker -store /usr/bin/docker-credential-pass
//	go run ./e2e/conformance -protocol git -url https://git.example.com git-credential-mine --profile work
//
// The helper runs as its client runs it, without a terminal, with this process's environment: set up
// a home folder for it first. With -store it gets credentials of this program's own, for random hosts
// below .example, which are erased again. A helper that stores nothing serves one already: -url
// names it, and -username and -secret, else what it first answers counts. Rules that take a credential
// don't apply to a helper without one, and rules that take it away only apply with -erase.
//
// A MUST is what the protocol's documentation, tests or clients state. A SHOULD is their advice or ours,
// most of it about input that no honest client sends. The exit status is 1 if a MUST failed, with
// -strict also for a SHOULD, and 2 for wrong arguments.
package main

import (
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: conformance -protocol git|docker [-store | -url URL …] [options] HELPER [ARGUMENT…]")
		flags.PrintDefaults()
	}
	var (
		protocol = flags.String("protocol", "", "git or docker")
		b        bench
		served   credential
		at       = flags.String("url", "", "the `URL` of a credential that the helper serves: https://HOST[:PORT][/PATH]")
		markdown = flags.Bool("markdown", false, "print a Markdown table")
		failures = flags.Bool("failures", false, "print only the rules that failed")
		strict   = flags.Bool("strict", false, "exit 1 for a SHOULD, too")
	)
	flags.BoolVar(&b.keeps, "store", false, "the helper keeps what its store action is given")
	flags.StringVar(&served.username, "username", "", "the user name that it serves there; default: what it answers first")
	flags.StringVar(&served.secret, "secret", "", "the password; default: what it answers first")
	flags.BoolVar(&b.mayErase, "erase", false, "it may lose that credential: try the erase action on it")
	flags.StringVar(&b.lacks, "without", "", "a `HOST` for which the helper is set up but has no credential now, such as before a login")
	flags.DurationVar(&b.patience, "timeout", 20*time.Second, "how long one call may take")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	rules, known := protocols[*protocol]
	if !known || flags.NArg() == 0 || b.keeps && *at != "" {
		flags.Usage()
		return 2
	}
	path, err := exec.LookPath(flags.Arg(0))
	if err != nil {
		fmt.Fprintln(stderr, "conformance:", err)
		return 2
	}
	b.command = append([]string{path}, flags.Args()[1:]...)
	if *at != "" {
		u, err := url.Parse(*at)
		if err != nil || u.Scheme == "" || u.Host == "" {
			fmt.Fprintln(stderr, "conformance: -url takes https://HOST[:PORT][/PATH]")
			return 2
		}
		served.protocol, served.host, served.path = u.Scheme, u.Host, strings.TrimPrefix(u.Path, "/")
		b.served = &served
	}

	outcomes := judge(&b, rules)
	report{markdown: *markdown, failures: *failures}.print(stdout, outcomes)
	for _, o := range outcomes {
		if o.verdict == fail && (o.rule.level == must || *strict) {
			return 1
		}
	}
	return 0
}
