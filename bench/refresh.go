package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/bench/lab"
)

// refreshes measures a forced refresh, with ca_file and with the system's roots, and counts what it does.
func (b *bench) refreshes() error {
	own, err := b.lab(lab.Options{})
	if err != nil {
		return err
	}
	defer own.Close()
	b.printf("| a refresh | CPU ms | wall ms | requests | connections | files synced |\n|---|---|---|---|---|---|")
	if err := b.refresh("with `ca_file`", own); err != nil {
		return err
	}
	system, err := b.lab(lab.Options{SystemRoots: true})
	if err != nil {
		return err
	}
	defer system.Close()
	err = trusting(system.Domain.CAFile, func() error { return b.refresh("with the system's roots", system) })
	if err != nil {
		b.printf("| with the system's roots | not measured: %v | | | | |", err)
	}
	b.printf("")
	return nil
}

func (b *bench) refresh(what string, l *lab.Lab) error {
	before := l.Domain.Counts()
	rounds := max(5, b.rounds/4)
	figures, err := b.measure([]candidate{{l, l.Refresh()}}, rounds)
	if err != nil {
		return err
	}
	after := l.Domain.Counts()
	each := func(n int) float64 { return float64(n) / float64(rounds+1) } // one is the check
	synced, err := syncs(l)
	if err != nil {
		return err
	}
	f := figures[0]
	b.figures["refresh "+what] = f
	b.printf("| %s | %.1f | %.1f | %.2g | %.2g | %s |", what, f.CPU, f.Wall, each(after.Requests-before.Requests), each(after.Connections-before.Connections), synced)
	return nil
}

// syncs is how often a refresh waits for the disk.
func syncs(l *lab.Lab) (string, error) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		return "", nil
	}
	file := filepath.Join(l.Dir, "trace")
	task := l.Refresh()
	task.Args = append([]string{strace, "-f", "-qq", "-e", "signal=none", "-e", "trace=fsync,fdatasync", "-o", file}, task.Args...)
	if err := l.Check(task); err != nil {
		return "", err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	return itoa(strings.Count(string(text), "sync(")), nil
}
