//go:build linux

// Soak lets many processes use one profile with tokens of 5 s, and kills, interrupts and lies to them
// at random:
//
//	go run ./e2e/soak -for 2m
//
// In the end no login may be unexplained (each one needed an answer that was really lost), no refresh
// token may have been presented twice, no call may have printed a dead token, and nothing may lie
// around. The exit status says so.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

// build builds the program, for Windows if wine is a command; end ends what was started for it.
func build(dir, wine string) (program machine.Program, end func(), err error) {
	if wine == "" {
		program, err = machine.Build(dir)
		return program, func() {}, err
	}
	if wine, err = exec.LookPath(wine); err != nil {
		return "", nil, err
	}
	return machine.BuildWindows(dir, wine)
}

func main() {
	o := usual()
	flag.DurationVar(&o.length, "for", o.length, "how `long`")
	flag.IntVar(&o.callers, "callers", o.callers, "how `many` call at once")
	flag.DurationVar(&o.rest, "rest", o.rest, "how `long` a caller rests between two calls, on average")
	flag.Float64Var(&o.kill, "kill", o.kill, "`part` of the calls that is killed")
	flag.Float64Var(&o.interrupt, "interrupt", o.interrupt, "`part` of the calls that is interrupted")
	flag.Float64Var(&o.fault, "fault", o.fault, "`part` of the domain's answers that goes wrong")
	flag.Uint64Var(&o.seed, "seed", o.seed, "`number` that decides what happens to whom")
	wine := flag.String("wine", "", "run the Windows program under this `command`: credential-idcs-wine")
	flag.Parse()
	if *wine != "" {
		o.interrupt = 0 // Ctrl-C while it starts hangs any program under Wine 10: 15 of 60 runs of one that only connects
	}

	r := &reporter{}
	defer func() { os.Exit(r.status()) }()
	defer r.cleanup()
	program, end, err := build(r.TempDir(), *wine)
	if err != nil {
		r.Errorf("%v", err)
		return
	}
	defer end()
	stop := make(chan struct{})
	over := time.AfterFunc(o.length, func() { close(stop) })
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-asked
		if over.Stop() {
			close(stop)
		}
	}()
	fmt.Printf("%d callers for %v, seed %d\n", o.callers, o.length, o.seed)
	s := begin(r, program, o)
	s.run(stop)
	s.finish()
	fmt.Println(s.summary())
}
